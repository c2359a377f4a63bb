import CanteenModel
import SyncProtocol
import Testing

@Suite struct KeyRotationTests {
  private static let (old, new) = (SigningKey(), SigningKey())
  private static let place = JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(7))
  private static let head = Digest32.random()

  private static func rotated() throws -> KeyRotated {
    try KeyRotated(from: old, to: new, terminal: TerminalID(3), at: place, after: head)
  }

  @Test("a rotation comes back as it was, and proves itself in its place only")
  func roundTrip() throws {
    let rotated = try Self.rotated()
    let time = RecordTime(wallMilliseconds: 5, bootMilliseconds: 1, isTrusted: true)
    let bytes = try RecordCodec.encode(JournalRecord(time: time, body: .keyRotated(rotated)))
    #expect(try RecordCodec.decode(bytes).body == .keyRotated(rotated))
    #expect(rotated.isGenuine(of: TerminalID(3), at: Self.place, after: Self.head))
    #expect(!rotated.isGenuine(of: TerminalID(4), at: Self.place, after: Self.head))
    #expect(!rotated.isGenuine(of: TerminalID(3), at: Self.place, after: .zero))
    let behind = JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(8))
    #expect(!rotated.isGenuine(of: TerminalID(3), at: behind, after: Self.head))
    let handover = KeyHandover(position: Self.place, previousHead: Self.head, record: bytes)
    #expect(handover.genuine(of: TerminalID(3)) == rotated)
    #expect(handover.genuine(of: TerminalID(4)) == nil)
  }

  @Test(
    "neither key alone rotates: a thief of the old one names no key, and nobody names somebody else's"
  )
  func bothSign() throws {
    let good = try Self.rotated()
    let other = try KeyRotated(
      from: SigningKey(), to: SigningKey(), terminal: TerminalID(3), at: Self.place,
      after: Self.head)
    for forged in [
      KeyRotated(
        previous: good.previous, next: good.next, handover: other.handover,
        possession: good.possession),
      KeyRotated(
        previous: good.previous, next: good.next, handover: good.handover,
        possession: other.possession),
      // The signatures are of different kinds.
      KeyRotated(
        previous: good.previous, next: good.next, handover: good.possession,
        possession: good.handover),
      KeyRotated(
        previous: good.previous, next: good.previous, handover: good.handover,
        possession: good.handover),
    ] {
      #expect(!forged.isGenuine(of: TerminalID(3), at: Self.place, after: Self.head))
    }
  }

  @Test("a rotation with keys or signatures of another length is refused")
  func lengths() throws {
    let good = try Self.rotated()
    let time = RecordTime(wallMilliseconds: 5, bootMilliseconds: 1, isTrusted: true)
    for (handover, possession) in [
      (Array(good.handover.dropLast()), good.possession), (good.handover, good.possession + [0]),
    ] {
      let bytes = try RecordCodec.encode(
        JournalRecord(
          time: time,
          body: .keyRotated(
            KeyRotated(
              previous: good.previous, next: good.next, handover: handover, possession: possession))
        ))
      #expect(throws: WireError.self) { try RecordCodec.decode(bytes) }
    }
  }

  @Test("a batch carries the rotations behind its key, and no more than their limit")
  func handovers() throws {
    let handover = KeyHandover(position: Self.place, previousHead: Self.head, record: [1, 2, 3])
    func sealed(_ count: Int) throws -> [UInt8] {
      try BatchCodec.seal(
        [], terminal: TerminalID(3), epoch: Epoch(2), first: SequenceNumber(9),
        previousHead: Self.head, echoedNonce: nil, challenge: .random(),
        handovers: Array(repeating: handover, count: count), key: Self.new
      ).bytes
    }
    let claim = try BatchCodec.claim(of: try sealed(KeyHandover.limit))
    #expect(claim.handovers == Array(repeating: handover, count: KeyHandover.limit))
    #expect(claim.keyID == Self.new.publicKey.keyID)
    #expect(claim.behind == JournalPosition(epoch: Epoch(2), sequence: SequenceNumber(8)))
    #expect(throws: WireError.tooLarge("batch.handovers")) {
      try BatchCodec.claim(of: try sealed(KeyHandover.limit + 1))
    }
  }
}
