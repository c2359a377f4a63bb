import SeededRandom
import Testing

@testable import Readers

@Suite struct FaceFrameTests {
  @Test("a command is the bytes of its vector", arguments: FaceVectors.commands)
  func commands(
    command: FaceCommand, family: FaceFamily, bytes: String, mark: Provenance
  ) throws {
    let frame = try #require(command.frame(family))
    #expect(frame.bytes(family.framing) == hex(bytes), "\(mark)")
  }

  @Test(
    "a frame that the driver never sends is encoded and read the same",
    arguments: FaceVectors.otherFrames)
  func others(frame: FaceFrame, framing: FaceFraming, bytes: String, mark: Provenance) {
    #expect(frame.bytes(framing) == hex(bytes), "\(mark)")
    var parser = FaceFrameParser(framing: framing)
    #expect(parser.append(hex(bytes)) == [frame])
  }

  @Test("what a module says is read as its vector says", arguments: FaceVectors.answers)
  func answers(bytes: String, family: FaceFamily, message: FaceMessage, mark: Provenance) {
    var parser = FaceFrameParser(framing: family.framing)
    #expect(parser.append(hex(bytes)).map(FaceMessage.init) == [message], "\(mark)")
    #expect(!parser.isInFrame)
  }

  @Test("a note says where the face is, lowest byte first", arguments: FaceVectors.notes)
  func notes(
    bytes: String, state: Int16, yaw: Int16, guidance: FaceGuidance, mark: Provenance
  ) throws {
    var parser = FaceFrameParser(framing: .xor)
    let frame = try #require(parser.append(hex(bytes)).first)
    let position = try #require(FacePosition(note: frame.data))
    #expect(position.state == state)
    #expect(position.yaw == yaw, "\(mark)")
    #expect(position.guidance == guidance)
    // The same with the user's number before the angles: computed.
    var long = frame.data
    long.insert(contentsOf: [7, 0], at: 11)
    #expect(FacePosition(note: long) == position)
    for count in [0, 1, 16, 18, 20] {
      let other = Array((long + [0]).prefix(count))
      #expect(FacePosition(note: other) == nil)
    }
  }

  @Test(
    "what is no frame is dropped, and the frame behind it found",
    arguments: [
      ("EFAA120002000A1B", .xor, .computed), ("EFAAFFFF0000", .xor, .computed),
      ("EFAA000000000212071A", .sum, .published), ("00EF00AA", .xor, .computed),
    ] as [(String, FaceFraming, Provenance)])
  func notFrames(bytes: String, framing: FaceFraming, mark: Provenance) {
    let next = FaceFrame(id: 0, data: [0x10, 0])
    var parser = FaceFrameParser(framing: framing)
    let found = parser.append(hex(bytes) + next.bytes(framing)) + parser.giveUp()
    #expect(found == [next], "\(mark)")
  }

  @Test("a sync byte too many before a frame does not hide it")
  func extraSync() {
    var parser = FaceFrameParser(framing: .xor)
    #expect(
      parser.append(hex("EFEFAA000002120010")) == [FaceFrame(id: 0, data: [0x12, 0])])
  }

  @Test("a frame that comes in pieces is found when its last byte has come")
  func pieces() {
    let bytes = hex("EFAA000002120010")
    for split in 1..<bytes.count {
      var parser = FaceFrameParser(framing: .xor)
      #expect(parser.append(bytes[..<split]).isEmpty)
      #expect(parser.isInFrame)
      #expect(parser.append(bytes[split...]) == [FaceFrame(id: 0, data: [0x12, 0])])
    }
  }

  @Test(
    "the longest data is taken, and one byte more is no frame", arguments: [FaceFraming.xor, .sum])
  func longest(framing: FaceFraming) {
    let longest = FaceFrame(
      id: 2, data: [UInt8](repeating: 7, count: FaceFrame.longestData))
    var parser = FaceFrameParser(framing: framing)
    #expect(parser.append(longest.bytes(framing)) == [longest])
    let head: [UInt8] =
      framing == .xor ? [0xEF, 0xAA, 2, 0x10, 0x01] : [0xEF, 0xAA, 2, 0, 0, 0x10, 1]
    #expect(parser.append(head).isEmpty)
    #expect(!parser.isInFrame)
  }

  @Test("a long frame that does not go on is given up, and what it hid is found")
  func givingUp() {
    let hidden = FaceFrame(id: 0, data: [0x12, 8])
    var parser = FaceFrameParser(framing: .xor)
    #expect(parser.append(hex("EFAA001000") + hidden.bytes(.xor)).isEmpty)
    #expect(parser.giveUp() == [hidden])
    #expect(!parser.isInFrame)
  }

  @Test("the encrypted vector opens and closes, and its key is the one of the vector")
  func sealed() {
    let cipher = FaceCipher(seed: [1, 2, 3, 4])
    #expect(cipher.key == Array("f2a9faa5bd921560".utf8))
    let frame = FaceFrame(id: 0x11)
    // Computed.
    let bytes = hex("EFAA0010D677A3E83D3B47732C0778A8D3A3C97FE5")
    #expect(frame.bytes(.sealed(cipher)) == bytes)
    var parser = FaceFrameParser(framing: .sealed(cipher))
    #expect(parser.append(bytes) == [frame])
    for count in [0, 1, 12, 13, 14, 29, 30, 4096] {
      let other = FaceFrame(id: 0, data: [UInt8](repeating: 9, count: count))
      #expect(parser.append(other.bytes(.sealed(cipher))) == [other])
    }
    #expect(cipher.open([]) == nil)
    #expect(cipher.open([UInt8](repeating: 0, count: 15)) == nil)
    #expect(FaceCipher(seed: [1, 2, 3, 5]).open(Array(bytes[4..<20])) == nil)
  }
}

/// Whatever the bytes are.
@Suite struct FaceFuzzTests {
  private static let framings: [FaceFraming] = [
    .xor, .sum, .sealed(FaceCipher(seed: [1, 2, 3, 4])),
  ]

  /// Noise with syncs, headers and frames in it.
  private func stream(_ random: inout SplitMix64, _ framing: FaceFraming) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes += random.bytes(Int.random(in: 0...80, using: &random))
      case 1: bytes += FaceFrame.sync
      case 2: bytes += FaceFrame.sync + random.bytes(Int.random(in: 0...9, using: &random))
      case 3:
        let data = random.bytes(Int.random(in: 0...60, using: &random))
        bytes += FaceFrame(id: UInt8.random(in: 0...255, using: &random), data: data).bytes(framing)
      default:
        var frame = FaceFrame(id: 0, data: random.bytes(8)).bytes(framing)
        frame[Int.random(in: 0..<frame.count, using: &random)] ^=
          1 << UInt8.random(in: 0...7, using: &random)
        bytes += frame
      }
    }
    return bytes
  }

  @Test("the same bytes in other pieces are the same frames, and little is kept", arguments: 0..<3)
  func pieces(framing: Int) {
    let framing = Self.framings[framing]
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let bytes = stream(&random, framing)
      var whole = FaceFrameParser(framing: framing)
      var pieced = whole
      let expected = whole.append(bytes) + whole.giveUp()
      var found: [FaceFrame] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...40, using: &random)
        found += pieced.append(rest.prefix(count))
        rest = rest.dropFirst(count)
        #expect(pieced.kept <= FaceFrame.longestData + 24, "seed \(seed)")
      }
      #expect(found + pieced.giveUp() == expected, "seed \(seed)")
      #expect(!pieced.isInFrame)
    }
  }

  @Test("a frame behind any noise is found", arguments: 0..<3)
  func behindNoise(framing: Int) {
    let framing = Self.framings[framing]
    let frame = FaceFrame(id: 0, data: [0x12, 0x0D])
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var parser = FaceFrameParser(framing: framing)
      _ = parser.append(stream(&random, framing))
      let found = parser.append(frame.bytes(framing)) + parser.giveUp()
      #expect(found.contains(frame), "seed \(seed)")
    }
  }

  @Test("no noise is ever a living person", arguments: FaceFamily.allCases)
  func nobody(family: FaceFamily) {
    for seed in 0..<400 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var parser = FaceFrameParser(framing: family.framing)
      for frame in parser.append(random.bytes(2000)) + parser.giveUp() {
        guard case .reply(0x12, let result, let payload) = FaceMessage(frame) else { continue }
        if case .person = FaceVerdict(result, payload: payload, family) {
          Issue.record("seed \(seed) is somebody")
        }
      }
    }
  }

  @Test("any answer to any question is read without a trap")
  func payloads() {
    for seed in 0..<2000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let data = random.bytes(Int.random(in: 0...64, using: &random))
      let id = UInt8.random(in: 0...2, using: &random)
      _ = FaceMessage(FaceFrame(id: id, data: data))
      for family in FaceFamily.allCases {
        _ = FaceVerdict(FaceResult(rawValue: data.first ?? 0), payload: data, family)
        _ = FaceSession.users(in: data, family)
      }
    }
  }
}
