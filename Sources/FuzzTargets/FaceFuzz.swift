import CanteenModel
import Readers

/// What comes from a face module.
enum FaceFuzz {
  static func run(_ bytes: [UInt8], _ family: FaceFamily) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let isSealed = input.flag() && family == .fm22x
    let framing = isSealed ? .sealed(FaceCipher(seed: [1, 2, 3, 4])) : family.framing
    if input.flag() {
      try message(roundTrip(&input, framing), family)
    } else {
      try stream(&input, framing, family)
    }
  }

  /// Any bytes: frames do not depend on how they are cut, each stood there with its checksum, and no more
  /// than one is kept.
  private static func stream(
    _ input: inout FuzzInput, _ framing: FaceFraming, _ family: FaceFamily
  ) throws(BrokenPromise) {
    let lengths = input.piece()
    let stream = input.remainder()
    var (whole, pieces) = (FaceFrameParser(framing: framing), FaceFrameParser(framing: framing))
    var frames = whole.append(stream)
    var others: [FaceFrame] = []
    for piece in stream.cut(lengths) {
      others += pieces.append(piece)
      // Sync, id, a size of 4, padding to a block, checksum.
      try promise(pieces.kept < FaceFrame.longestData + 32, "\(pieces.kept) bytes are kept")
    }
    try promise(frames == others, "other frames when the bytes come in other pieces")
    frames += whole.giveUp()
    try promise(whole.kept == 0, "bytes are kept after it gave up")
    for frame in frames {
      if case .sealed = framing {
      } else {
        try promise(stream.holds(frame.bytes(framing)), "a frame that nobody sent")
      }
      try message(frame, family)
    }
  }

  /// What we frame, others read, whatever stands before it that begins no frame.
  ///
  /// - Returns: A frame that holds, whatever the fuzzer knows of checksums.
  private static func roundTrip(
    _ input: inout FuzzInput, _ framing: FaceFraming
  ) throws(BrokenPromise) -> FaceFrame {
    let noise = input.piece().filter { $0 != FaceFrame.sync[0] }
    let frame = FaceFrame(id: input.byte(), data: Array(input.remainder().prefix(4096)))
    var parser = FaceFrameParser(framing: framing)
    try promise(
      parser.append(noise + frame.bytes(framing)) == [frame], "a frame is not read as it was made")
    return frame
  }

  /// A person is presented only alive, and as somebody.
  private static func message(_ frame: FaceFrame, _ family: FaceFamily) throws(BrokenPromise) {
    switch FaceMessage(frame) {
    case .reply(_, let result, let payload):
      guard case .person(let user) = FaceVerdict(result, payload: payload, family) else { return }
      try promise(result == .success, "a failure presents somebody")
      try promise(payload.starts(with: [UInt8(user >> 8), UInt8(user & 0xFF)]), "somebody else")
      try promise(user != 0xFFFF, "nobody in particular is presented")
      if family == .fm22x {
        try promise(user != 0, "nobody in particular is presented")
        try promise(payload.count > 35 && payload[35] == 0xC8, "somebody not alive is presented")
      }
    case .face(let position): _ = position.guidance
    case .ready, .other: break
    }
  }
}
