import CanteenModel
import SyncProtocol
import Testing

@testable import Journal

/// What a ledger keeps of the heads of others, for the centre.
@Suite struct JournalWitnessTests {
  private static let key = SigningKey()

  private static func head(_ sequence: UInt64, epoch: UInt32 = 1) throws -> ([UInt8], ChainHead) {
    let head = ChainHead(
      terminal: TerminalID(4),
      position: JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence)),
      head: Digest32(sha256: [UInt8(truncatingIfNeeded: sequence)]))
    return (try HeadCodec.seal(head, key: key), head)
  }

  /// The heads in the next batch.
  private static func handedIn(_ journal: Journal) async throws -> [ChainHead] {
    let (bytes, _) = try await journal.nextBatch(limit: 10, challenge: .random())
    return try BatchCodec.open(bytes, key: journal.key.publicKey).witnessed.map {
      try HeadCodec.open($0, key: key.publicKey)
    }
  }

  @Test("the highest head of a neighbour is handed in until the centre has it, over a restart too")
  func highest() async throws {
    let fixture = try JournalFixture()
    var journal = try fixture.open()
    let heads = try [(7, 1), (9, 1), (8, 1), (2, 2), (9, 1)].map {
      try Self.head($0.0, epoch: $0.1)
    }
    for (bytes, head) in heads { try await journal.witness(bytes, head) }
    #expect(try await Self.handedIn(journal) == [heads[3].1])
    try journal.close()
    journal = try fixture.open()
    #expect(try await Self.handedIn(journal) == [heads[3].1])
    // A newer one came while the batch was under way: the ack does not speak of it.
    let newer = try Self.head(3, epoch: 2)
    try await journal.witness(newer.0, newer.1)
    try await journal.store(try await Self.ack(journal))
    #expect(try await Self.handedIn(journal) == [newer.1])
    try await journal.store(try await Self.ack(journal))
    #expect(try await Self.handedIn(journal).isEmpty)
    try journal.close()
  }

  /// An ack of what the centre has already.
  private static func ack(_ journal: Journal) async throws -> AckFacts {
    let acknowledged = try await journal.standing().acknowledged
    return AckFacts(
      terminal: journal.terminal, position: acknowledged.position, head: acknowledged.head,
      nonce: .random(), challenge: .random(), timeMilliseconds: JournalFixture.noon,
      nextSize: 10, nextEpoch: Epoch(2), epochToken: .random())
  }

  @Test("a ledger signs where it ends")
  func own() async throws {
    let fixture = try JournalFixture()
    let journal = try await fixture.openFed([JournalFixture.account(1, personal: 9_000)])
    let outcome = try await journal.authorise(JournalFixture.request(1))
    let head = try HeadCodec.open(
      try #require(try journal.signedHead()), key: journal.key.publicKey)
    #expect(head.position == outcome.position && head.terminal == journal.terminal)
    #expect(try await journal.head(at: outcome.position) == head.head)
    try journal.close()
  }
}
