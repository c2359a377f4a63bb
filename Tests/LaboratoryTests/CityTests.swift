import Foundation
import SQLStore
import SettlementCore
import Testing

@testable import Laboratory

/// A small city's year. Its large sister is `make city`.
@Suite("City", .timeLimit(.minutes(10))) struct CityTests {
  private static let plan = CityPlan(units: 4, people: 40, swipes: 2000, seed: 1)

  private static func server() throws -> CityStore {
    let uri = try #require(
      ProcessInfo.processInfo.environment["CANTEEN_TEST_POSTGRES"],
      "CANTEEN_TEST_POSTGRES names no server: make test starts one, and so does Scripts/postgres.sh"
    )
    return try #require(CityStore(uri))
  }

  /// Lives a year in a folder of its own.
  private static func live(
    _ plan: CityPlan = plan, on stores: [CityStore] = [.sqlite]
  ) async throws -> [CityResult] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "city-\(UUID().uuidString)").path
    // try?: a temporary folder that stays does no harm.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await CityTest(plan, folder: folder, stores: stores, say: { _ in }).run()
  }

  @Test("a year of a city is zero-sum and states the same on both stores")
  func bothStores() async throws {
    let results = try await Self.live(on: [.sqlite, Self.server()])
    #expect(results.count == 2)
    #expect(Set(results.map(\.digest)).count == 1)
    let first = try #require(results.first)
    // What the year is about must have happened.
    #expect(first.swipes == 2000 && first.statements == 15)
    #expect(first.tally.debts > 10 && first.tally.declines > 10)
    #expect(first.tally.corrections > 30 && first.tally.mistaken > 0 && first.tally.strangers > 0)
    #expect(first.feeFen > 0 && first.withheldFen > 0 && first.clearedFen > 0)
    #expect(first.endings.count == 2)
  }

  @Test("another seed is another year, and as right")
  func otherSeeds() async throws {
    let digests = try await [
      Self.live(CityPlan(units: 5, people: 33, swipes: 1500, seed: 2)),
      Self.live(CityPlan(units: 5, people: 33, swipes: 1500, seed: 3)),
    ].compactMap(\.first?.digest)
    #expect(Set(digests).count == 2)
  }

  @Test("a fen that is moved past the books is found, and a statement that lacks one is named")
  func moved() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "city-\(UUID().uuidString)")
    // try?: a temporary folder that stays does no harm.
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try CityFiles(folder: folder)
    let office = try CityOffice(
      Self.plan, at: .file(path: folder.appending(path: "books.sqlite").path))
    _ = try await CityYear(office, files: files, say: { _ in }).run()
    let documents = try await CityVerification(files: files).run().sorted { $0.key < $1.key }
    let one = "(SELECT MIN(entry) FROM leg WHERE ledger_account = 'fee')"
    let other = "(SELECT MAX(entry) FROM leg WHERE ledger_account = 'fee')"
    let lies = [
      ("UPDATE leg SET fen = fen + 1 WHERE ledger_account = 'fee' AND entry = \(one)", "all legs"),
      (
        "UPDATE leg SET fen = fen + CASE entry WHEN \(one) THEN 1 ELSE -1 END WHERE ledger_account = 'fee' "
          + "AND entry IN (\(one), \(other))", "an entry does not sum to zero"
      ),
      (
        "UPDATE tranche SET fen = fen + 1 WHERE account = 1 AND purse = 2",
        "what is left of a tranche"
      ),
      ("UPDATE account SET personal_fen = personal_fen + 1 WHERE number = 1", "a balance is not"),
      ("UPDATE bank_line SET fen = fen + 1 WHERE reference = '2026Q1-1'", "an account at the bank"),
      (
        "UPDATE record SET subsidy_fen = subsidy_fen + 1 WHERE terminal = 1 AND sequence = 20",
        "what is owed for the sales of a terminal"
      ),
    ]
    for (sql, name) in lies {
      let told = try office.ask { db in
        try db.begin(.writing)
        #expect(try db.execute(sql) > 0)
        let error = #expect(throws: LaboratoryError.self) {
          try LedgerQuestions(db: db).askEverything()
        }
        let stated = Result {
          try StatementQuestion.compare(
            try StatementQuestion.answers(db), with: documents.map(\.value))
        }
        try db.rollBack()
        if case .failure(let error) = stated {
          #expect("\(error)".hasPrefix("statement 2026Q1-1, line of 2026Q1"), "\(error)")
        }
        #expect(sql.contains("UPDATE record") == stated.failed)
        return error?.description ?? ""
      }
      #expect(told.hasPrefix(name), "\(told)")
    }
  }

  #if SEEDED_BUGS
    @Test(
      "a settlement that counts, rounds or takes wrongly does not get through a year",
      arguments: [
        SeededStatementBug.countsLateTwice, .forgetsLateRecords, .forgetsRefundsElsewhere,
        .forgetsSuspendedSales, .roundsEachTerm, .chargesSelfRun, .ignoresFindings, .ignoresMoves,
        .countsRefundsAtNewTerm,
      ])
    func planted(_ bug: SeededStatementBug) async throws {
      let error = await #expect(throws: LaboratoryError.self) {
        try await SeededStatementBug.$planted.withValue(bug) { _ = try await Self.live() }
      }
      #expect(error?.description.contains("statement 202") == true, "\(error?.description ?? "")")
    }
  #endif
}

extension Result {
  fileprivate var failed: Bool {
    if case .failure = self { true } else { false }
  }
}
