import CanteenModel
import SyncProtocol
import Testing

@testable import SettlementStore

/// A terminal that lost the end of its ledger, and a neighbour that saw its head.
@Suite(.everyStore, .namingStore) struct WitnessTests {
  private struct Site {
    let books: Books
    var owner: TestTerminal
    var witness: TestTerminal
    private let fixture: SettlementFixture

    /// The owner made five records, and three of them are here.
    init(elsewhere: Bool = false) async throws {
      fixture = try SettlementFixture()
      books = try fixture.open()
      (owner, witness) = (TestTerminal(3), TestTerminal(4))
      for (terminal, canteen) in [(owner, 1), (witness, elsewhere ? 2 : 1)]
        as [(TestTerminal, UInt32)]
      {
        try await books.add(
          TerminalEntry(
            number: terminal.id.number, name: "窗口",
            publicKey: Hexadecimal.text(terminal.key.publicKey.rawBytes), pullURL: nil,
            canteen: canteen))
      }
      _ = try await books.importAccounts(Array(SettlementFixture.accounts.utf8))
      for _ in 0..<5 { try owner.sell(1, subsidy: 100) }
      try await speak(count: 3, newest: 5)
    }

    /// The owner hands in what it has, and reads the ack.
    mutating func speak(after skipped: Int = 0, count: Int, newest: Int) async throws {
      owner.nonce = try await hand(
        owner, try owner.batch(after: skipped, count: count, newest: newest))
    }

    /// The neighbour hands in a head.
    mutating func see(_ heads: [[UInt8]]) async throws {
      witness.nonce = try await hand(witness, try witness.batch(witnessed: heads))
    }

    private func hand(_ terminal: TestTerminal, _ batch: [UInt8]) async throws -> Digest32? {
      guard
        case .acknowledged(let receipt) = try await books.take(batch: batch, from: terminal.id)
      else { return nil }
      return try AckCodec.open(receipt.ack, key: fixture.key.publicKey).nonce
    }

    /// What the report says of the owner.
    func lost() async throws -> [SettlementReport.LostTail] {
      let report = try await books.report()
      let line = report.terminals.first { $0.terminal == owner.id.number }
      let flags = line?.flags.filter { $0.kind == .lostTail } ?? []
      #expect((line?.lostTails.isEmpty ?? true) || !flags.isEmpty)
      return line?.lostTails ?? []
    }
  }

  @Test(
    "a tail that its owner does not present is named with its number, once its owner must know better"
  )
  func lost() async throws {
    var site = try await Site()
    try await site.see([try site.owner.head(behind: 5)])
    #expect(try await site.lost().isEmpty)
    // This may have been under way already when the neighbour spoke.
    try await site.speak(after: 3, count: 0, newest: 3)
    #expect(try await site.lost().isEmpty)
    try await site.speak(after: 3, count: 0, newest: 3)
    let lost = try await site.lost()
    #expect(
      lost == [
        SettlementReport.LostTail(
          epoch: 1, lastSequence: 5, missing: 2, isAtMost: false, witness: 4)
      ])
    // A medium was found that has them.
    try await site.speak(after: 3, count: 2, newest: 5)
    #expect(try await site.lost().isEmpty)
  }

  @Test(
    "a terminal that sold on, and not yet as much as it lost, is named with the most that it can be"
  )
  func soldOn() async throws {
    var site = try await Site()
    try await site.see([try site.owner.head(behind: 5)])
    // Its ledger ended behind the third, and the fourth is another one now.
    var owner = TestTerminal(3, key: site.owner.key)
    for record in site.owner.records.prefix(3) { owner.append(record) }
    owner.nonce = site.owner.nonce
    try owner.sell(1, subsidy: 200)
    site.owner = owner
    for _ in 0..<2 { try await site.speak(after: 3, count: 0, newest: 4) }
    #expect(
      try await site.lost() == [
        SettlementReport.LostTail(
          epoch: 1, lastSequence: 5, missing: 2, isAtMost: true, witness: 4)
      ])
  }

  @Test("a tail that is only late is not lost")
  func late() async throws {
    var site = try await Site()
    try await site.see([try site.owner.head(behind: 4)])
    for _ in 0..<3 { try await site.speak(after: 3, count: 0, newest: 5) }
    try await site.see([try site.owner.head(behind: 5)])
    try await site.speak(after: 3, count: 2, newest: 5)
    for _ in 0..<3 { try await site.speak(after: 5, count: 0, newest: 5) }
    #expect(try await site.lost().isEmpty)
  }

  @Test("a terminal that sold on under the numbers of lost records is found all the same")
  func replaced() async throws {
    var site = try await Site()
    let head = try site.owner.head(behind: 5)
    // Another ledger with the same beginning.
    var owner = TestTerminal(3, key: site.owner.key)
    for record in site.owner.records.prefix(3) { owner.append(record) }
    owner.nonce = site.owner.nonce
    for _ in 0..<3 { try owner.sell(1, subsidy: 200) }
    site.owner = owner
    try await site.see([head])
    try await site.speak(after: 3, count: 3, newest: 6)
    try await site.speak(after: 6, count: 0, newest: 6)
    let lost = try await site.lost()
    #expect(lost.map(\.missing) == [2] && lost.map(\.isAtMost) == [true])
  }

  @Test("what its owner did not sign, or is of another canteen, accuses nobody")
  func forged() async throws {
    var site = try await Site()
    let thief = TestTerminal(3)
    var forged = thief
    for _ in 0..<9 { try forged.sell(1, subsidy: 1) }
    let own = try { () throws in
      var witness = site.witness
      try witness.sell(1, subsidy: 1)
      return try witness.head(behind: 1)
    }()
    let noHead = try site.owner.key.signedMessage([1, 2], as: .head)
    try await site.see([try forged.head(behind: 9), own, noHead])
    for _ in 0..<3 { try await site.speak(after: 3, count: 0, newest: 3) }
    #expect(try await site.lost().isEmpty)

    var other = try await Site(elsewhere: true)
    try await other.see([try other.owner.head(behind: 5)])
    for _ in 0..<3 { try await other.speak(after: 3, count: 0, newest: 3) }
    #expect(try await other.lost().isEmpty)
  }

  #if SEEDED_BUGS
    @Test("a centre that holds a terminal to an older word is found")
    func planted() async throws {
      try await SeededBooksBug.$planted.withValue(.accusesAtOnce) {
        var site = try await Site()
        try await site.see([try site.owner.head(behind: 5)])
        try await site.speak(after: 3, count: 0, newest: 3)
        #expect(try await !site.lost().isEmpty)
      }
    }
  #endif
}
