import CanteenModel
import SettlementCore
import StatementVerification
import SyncProtocol
import Testing

@testable import SettlementStore

/// Mistakes in the settlement, and lies in a statement: what a verification is for.
@Suite(.namingStore, .timeLimit(.minutes(4))) struct StatementBugTests {
  private typealias Year = StatementYear

  #if SEEDED_BUGS
    @Test(
      "a settlement that counts, rounds or takes wrongly is found by whoever verifies",
      arguments: [
        SeededStatementBug.countsLateTwice, .forgetsLateRecords, .forgetsRefundsElsewhere,
        .forgetsSuspendedSales, .roundsEachTerm, .chargesSelfRun, .ignoresFindings, .ignoresMoves,
        .countsRefundsAtNewTerm,
      ])
    func settlementBug(_ bug: SeededStatementBug) async throws {
      let year = try await Year()
      try await SeededStatementBug.$planted.withValue(bug) { try await year.wholeYear() }
      var differences: [VerificationFailure] = []
      for quarter in [Year.quarter, Year.next] {
        do {
          try await year.verify(quarter, 1)
        } catch let failure as VerificationFailure {
          differences.append(failure)
        }
      }
      #expect(!differences.isEmpty, "nobody noticed \(bug)")
    }

    @Test("a closed quarter that moves is noticed")
    func movedLine() async throws {
      let year = try await Year()
      try await year.eat()
      let close = { () async throws in
        _ = try await year.books.close(Year.quarter, by: Year.people)
        return try await year.books.draftStatements(of: Year.quarter)
      }
      let drafts = try await close()
      try await year.handIn(4)
      let moved = try await SeededStatementBug.$planted.withValue(.movesClosedQuarter) {
        try await close()
      }
      #expect(moved != drafts)
    }

    @Test("an approval of what nobody saw, and one that books twice, are noticed")
    func approvals() async throws {
      let year = try await Year()
      try await year.eat()
      _ = try await year.books.close(Year.quarter, by: Year.people)
      let drafts = try await year.settle(Year.quarter)
      let once = try await year.owed("owed:1")
      year.pass(to: "2027-01-06")
      try await SeededStatementBug.$planted.withValue(.booksTwice) {
        _ = try await year.approve(try #require(drafts.first))
      }
      #expect(try await year.owed("owed:1") != once)
      let other = try await Year()
      try await other.eat()
      _ = try await other.books.close(Year.quarter, by: Year.people)
      let seen = try #require(try await other.books.draftStatements(of: Year.quarter).first)
      try await other.evaluate(Year.quarter, "1,,2026-10-15,冷菜,2.00")
      let approved = try await SeededStatementBug.$planted.withValue(.approvesUnseen) {
        try await other.approve(seen)
      }
      #expect(approved.digest != seen.digest)
    }
  #endif

  /// A lie in a statement that the centre signed all the same, and the place that must be named.
  struct Lie: Sendable, CustomTestStringConvertible {
    let place: String
    let tell: @Sendable (inout StatementDocument) -> Void
    var testDescription: String { place }
  }

  @Test(
    "a lie in a signed statement is named by its place",
    arguments: [
      Lie(place: "taking of terminal 3 on 2026-11-01, sold on 2026-11-01") {
        $0.takings[0].sums.soldSubsidy += 1
      },
      Lie(place: "taking of terminal 4 on 2026-12-31, sold on 2026-12-31") {
        $0.takings.append(
          StatementDocument.Taking(
            terminal: 4, day: StatementYear.day("2026-12-31"),
            soldDay: StatementYear.day("2026-12-31"),
            sums: StatementDocument.Sums(sales: 1, soldSubsidy: 660)))
      },
      Lie(place: "line of 2026Q4, term from 1970-01-01") { $0.lines[0].total += 1 },
      Lie(place: "account of term from 2026-12-15") { $0.accounts[2].fee += 1 },
      Lie(place: "account of term from 1970-01-01") { $0.accounts[0].caterer = 9 },
      Lie(place: "account of term from 1970-01-01") { $0.evaluation?.findings[0].fen = 99 },
      Lie(place: "account of term from 1970-01-01") { $0.rules.feeBasisPoints = 60 },
      Lie(place: "evaluation") { $0.evaluation?.approvedBy = "sun" },
      Lie(place: "evaluation") { $0.evaluation = nil },
      Lie(place: "taking of terminal 4 on 2026-10-10, sold on 2026-10-10") {
        $0.terminals[1].places[0].canteen = 2
        $0.terminals[1].places.append(
          StatementDocument.Place(
            fromMilliseconds: StatementYear.time("2026-10-11"), canteen: 1))
      },
      Lie(place: "correction 1/6 of terminal 4") { $0.disregarded = [] },
      Lie(place: "correction 1/3 of terminal 3") {
        $0.disregarded.append(
          StatementDocument.Disregarded(
            terminal: 3, id: $0.terminals[0].heads[0].head, reason: "moreThanSold"))
      },
      Lie(place: "terminal 4, record 1/7") { $0.terminals[1].heads[0].sequence = 7 },
    ])
  func lie(_ lie: Lie) async throws {
    let year = try await Year()
    try await year.eat()
    _ = try await year.books.close(Year.quarter, by: Year.people)
    try await year.settle(Year.quarter)
    var document = try await year.document(Year.quarter, 1)
    lie.tell(&document)
    let file = try StatementCodec.sign(try StatementCodec.encode(document), key: year.key)
    let batches = try await year.batches()
    #expect(Self.difference(file, batches, year.key.publicKey) == lie.place)
  }

  /// The place of the first difference; what else is wrong; `nil` for a statement that is right.
  private static func difference(
    _ file: [UInt8], _ batches: [[UInt8]], _ key: VerifyingKey
  ) -> String? {
    let result = Result { () throws(VerificationFailure) in
      try StatementVerifier.verify(file, batches: batches, key: key)
    }
    return switch result {
    case .success: nil
    case .failure(.difference(let difference)): difference.place
    case .failure(.notGenuine(let file, _)): file
    }
  }

  @Test("a statement of another key, changed bytes, a missing and a changed batch are refused")
  func notGenuine() async throws {
    let year = try await Year()
    try await year.wholeYear()
    let file = try await year.books.statementFile(of: Year.quarter, canteen: 1)
    let batches = try await year.batches()
    let key = year.key.publicKey
    #expect(throws: VerificationFailure.notGenuine("the statement", .badSignature)) {
      try StatementVerifier.verify(file, batches: batches, key: SigningKey(seed: 9).publicKey)
    }
    var changed = file
    changed[40] ^= 1
    #expect(throws: VerificationFailure.self) {
      try StatementVerifier.verify(changed, batches: batches, key: key)
    }
    // The first of terminal 4's.
    let index = try #require(
      batches.firstIndex { (try? BatchCodec.claim(of: $0).terminal) == TerminalID(4) })  // all are
    var fewer = batches
    fewer.remove(at: index)
    #expect(Self.difference(file, fewer, key) == "terminal 4, record 1/6")
    var other = batches
    other[index][other[index].count - 3] ^= 1
    #expect(throws: VerificationFailure.notGenuine("batch \(index + 1)", .brokenChain)) {
      try StatementVerifier.verify(file, batches: other, key: key)
    }
    // In another order, with a batch twice and with those of strangers.
    #expect(throws: Never.self) {
      try StatementVerifier.verify(file, batches: batches.reversed() + batches, key: key)
    }
  }

  @Test("both stores give the same statements, byte for byte")
  func sameOnBothStores() async throws {
    var documents: [[[UInt8]]] = []
    for kind in StoreKind.allCases {
      let made = try await StoreKind.$current.withValue(kind) {
        let year = try await Year()
        try await year.wholeYear()
        var made: [[UInt8]] = []
        for quarter in [Year.quarter, Year.next] {
          for canteen in UInt32(1)...2 {
            made.append(try await year.books.statementDocument(of: quarter, canteen: canteen))
          }
        }
        return made
      }
      documents.append(made)
    }
    #expect(documents[0] == documents[1])
  }
}
