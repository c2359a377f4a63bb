import CanteenModel
import SeededRandom
import SyncProtocol
import Testing

@testable import SettlementStore

/// Whatever way the batches of a chain take, lost, doubled, overlapping, out of order, the books
/// end up the same as if each record had come once.
@Suite(.everyStore, .namingStore) struct ConvergenceTests {
  static func chain(_ generator: inout SplitMix64) throws -> TestTerminal {
    var terminal = TestTerminal()
    try terminal.append(.epochOpened(EpochOpened(previous: nil, previousHead: .zero)))
    for _ in 0..<60 {
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: try terminal.append(.decline(TestTerminal.decline(1)))
      case 1: terminal.append([0xFF, UInt8.random(in: 0...255, using: &generator)])
      case 2: try terminal.sell(777, personal: Int64.random(in: 1...900, using: &generator))
      default:
        try terminal.sell(
          Int64.random(in: 1...2, using: &generator),
          subsidy: Int64.random(in: 1...900, using: &generator),
          personal: Int64.random(in: 0...90, using: &generator))
      }
    }
    return terminal
  }

  /// Delivers random pieces until everything is acknowledged; some twice, some acks are lost, some
  /// power cuts come between.
  static func deliver(
    _ terminal: TestTerminal, to books: Books, _ fixture: SettlementFixture,
    _ generator: inout SplitMix64
  ) async throws -> Books {
    var terminal = terminal
    var books = books
    var acknowledged = 0
    while acknowledged < terminal.records.count {
      let start = Int.random(
        in: max(0, acknowledged - 9)...min(terminal.records.count, acknowledged + 3),
        using: &generator)
      let batch = try terminal.batch(
        after: start, count: Int.random(in: 0...12, using: &generator))
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        switch try await books.take(batch: batch, from: terminal.id) {
        case .acknowledged(let receipt):
          #expect(receipt.flags.isEmpty || receipt.flags == [.gap])
          let ack = try AckCodec.open(receipt.ack, key: fixture.key.publicKey)
          let named = Int(ack.position.sequence.number)
          #expect(ack.head == (named == 0 ? .zero : terminal.heads[named - 1]))
          if receipt.flags == [.gap] { #expect(named < start) }
          guard Bool.random(using: &generator) else { continue }
          terminal.nonce = ack.nonce
          acknowledged = max(acknowledged, named)
        case .unknownEpoch: Issue.record("epoch 1 is open")
        }
      }
      if Int.random(in: 0..<8, using: &generator) == 0 {
        let image = try fixture.image(of: books)
        try books.close()
        books = try fixture.open(image)
      }
    }
    return books
  }

  @Test("random deliveries of a chain converge to the same books", arguments: 1...12)
  func converges(seed: UInt64) async throws {
    var generator = SplitMix64(seed: seed)
    let terminal = try Self.chain(&generator)

    let straight = try SettlementFixture()
    let expected = try await straight.openFilled(terminal)
    _ = try await expected.take(batch: try terminal.batch(), from: terminal.id)

    let crooked = try SettlementFixture()
    let found = try await Self.deliver(
      terminal, to: try await crooked.openFilled(terminal), crooked, &generator)

    let (one, other) = (try await expected.report(), try await found.report())
    #expect(one.totals == other.totals)
    #expect(try await found.check().isGood)
    #expect(
      try await expected.records(of: terminal.id, limit: 100)
        == found.records(of: terminal.id, limit: 100))
    let (rows, otherRows) = (
      try await expected.rows(for: terminal.id), try await found.rows(for: terminal.id)
    )
    func byAccount(_ rows: [AccountSnapshot]) -> [AccountSnapshot] {
      rows.sorted { $0.account < $1.account }
    }
    #expect(byAccount(rows).map(\.balance) == byAccount(otherRows).map(\.balance))
    #expect(byAccount(rows).map(\.includes) == byAccount(otherRows).map(\.includes))
    try expected.close()
    try found.close()
  }
}
