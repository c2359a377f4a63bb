import CanteenModel
import Crypto
import Testing

@testable import SyncProtocol

@Suite struct BatchTests {
  static let key = SigningKey()
  static let records: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 4096)]

  static func seal(
    _ records: [[UInt8]] = records, first: UInt64 = 10, previous: Digest32 = .zero,
    nonce: Digest32? = nil, token: Digest32? = nil
  ) throws -> (bytes: [UInt8], facts: BatchFacts) {
    try BatchCodec.seal(
      records, terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(first),
      previousHead: previous, echoedNonce: nonce, challenge: .random(), epochToken: token,
      key: key)
  }

  @Test("a batch opens to what was sealed, with the head of each record")
  func roundTrip() throws {
    let token = Digest32.random()
    let sealed = try Self.seal(nonce: .random(), token: token)
    #expect(sealed.facts.epochToken == token)
    let opened = try BatchCodec.open(sealed.bytes, key: Self.key.publicKey)
    #expect(opened.facts == sealed.facts)
    #expect(opened.records == Self.records)
    #expect(opened.heads.count == 3)
    #expect(opened.heads.last == sealed.facts.head)
    #expect(sealed.facts.last == SequenceNumber(12))
    #expect(try BatchCodec.claim(of: sealed.bytes).terminal == TerminalID(3))
  }

  @Test("a batch without records is a sign of life: its heads are equal")
  func empty() throws {
    let sealed = try Self.seal([])
    let opened = try BatchCodec.open(sealed.bytes, key: Self.key.publicKey)
    #expect(opened.records.isEmpty)
    #expect(opened.facts.head == opened.facts.previousHead)
    #expect(opened.facts.last == SequenceNumber(9))
  }

  @Test("a change of any single byte is noticed")
  func tampering() throws {
    let sealed = try Self.seal([[1, 2, 3], [4]])
    for index in sealed.bytes.indices {
      var bytes = sealed.bytes
      bytes[index] ^= 0x01
      #expect(throws: WireError.self, "byte \(index)") {
        try BatchCodec.open(bytes, key: Self.key.publicKey)
      }
    }
  }

  @Test("another terminal's key does not open a batch")
  func otherKey() throws {
    let sealed = try Self.seal()
    #expect(throws: WireError.badSignature) {
      try BatchCodec.open(sealed.bytes, key: SigningKey().publicKey)
    }
  }

  @Test("500 records fit into a batch and 501 do not, nor more than 256 KiB")
  func limits() throws {
    _ = try Self.seal([[UInt8]](repeating: [7], count: 500))
    #expect(throws: WireError.tooLarge("batch: records")) {
      try Self.seal([[UInt8]](repeating: [7], count: 501))
    }
    #expect(throws: WireError.tooLarge("batch: bytes")) {
      try Self.seal([[UInt8]](repeating: [UInt8](repeating: 7, count: 4096), count: 64))
    }
  }

  @Test("the chain is the documented hash, field by field")
  func formula() {
    let previous = Digest32.random()
    let record: [UInt8] = [0xAA, 0xBB]
    let head = Chain.head(
      after: previous, record: record, terminal: TerminalID(0x0102_0304),
      position: JournalPosition(
        epoch: Epoch(0x0506_0708), sequence: SequenceNumber(0x090A_0B0C_0D0E_0F10)))
    let preimage =
      [1] + (1...16).map { UInt8($0) } + previous.bytes + [0, 0, 0, 2, 0xAA, 0xBB]
    #expect(head.bytes == Array(SHA256.hash(data: preimage)))
  }

  @Test("an ack cannot pass for a feed, nor the other way round")
  func kinds() throws {
    let signed = try Self.key.sign([1, 2, 3], as: .ack)
    #expect(try Self.key.publicKey.open(signed, as: .ack) == [1, 2, 3])
    for kind in [SignedKind.batch, .feed, .feedRequest] {
      #expect(throws: WireError.badSignature) { try Self.key.publicKey.open(signed, as: kind) }
    }
  }

  @Test("Ed25519 is that of RFC 8032, section 7.1, test 2")
  func rfc8032() throws {
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    let expected = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    let key = try SigningKey(rawBytes: Hexadecimal.bytes(seed) ?? [])
    #expect(Hexadecimal.text(key.publicKey.rawBytes) == expected)
  }
}
