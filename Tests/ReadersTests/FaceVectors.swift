@testable import Readers

/// Sections T.8 and T.9 of our reference, with their marks.
enum FaceVectors {
  private static let zhang = "7A68616E67" + String(repeating: "00", count: 27)

  /// What we send.
  static let commands: [(FaceCommand, FaceFamily, String, Provenance)] =
    [
      (.reset, .fm22x, "EFAA10000010", .computed),
      (.status, .fm22x, "EFAA11000011", .captured),
      (.verify(seconds: 10), .fm22x, "EFAA120002000A1A", .captured),
      (.verify(seconds: 5), .fm22x, "EFAA120002000515", .computed),
      (.delete(user: 1), .fm22x, "EFAA200002000123", .computed),
      (.deleteAll, .fm22x, "EFAA21000021", .computed),
      (.describe(user: 1), .fm22x, "EFAA220002000121", .computed),
      (.dropEnrolment, .fm22x, "EFAA23000023", .computed),
      (.listUsers, .fm22x, "EFAA24000024", .computed),
      (.version, .fm22x, "EFAA30000030", .computed),
      (
        .beginEncryption(seed: [1, 2, 3, 4]), .fm22x, "EFAA5000090102030401000000005C", .computed
      ),
      (.verify(seconds: 10), .tx510, "EFAA120000000012", .captured),
      (.delete(user: 1), .tx510, "EFAA2000000002000123", .captured),
    ] + named

  private static let named: [(FaceCommand, FaceFamily, String, Provenance)] = {
    guard let name = FaceName("zhang") else { return [] }
    return [
      (.enrolAtOnce(name, seconds: 10), .fm22x, "EFAA1D002300\(zhang)000A4E", .computed),
      (.enrol(name, .middle, seconds: 10), .fm22x, "EFAA13002300\(zhang)010A41", .computed),
      (.enrolAtOnce(name, seconds: 10), .tx510, "EFAA130000000013", .captured),
    ]
  }()

  /// Frames that the driver never sends.
  static let otherFrames: [(FaceFrame, FaceFraming, String, Provenance)] = [
    (FaceFrame(id: 0x24, data: [0]), .xor, "EFAA2400010025", .computed),
    (FaceFrame(id: 0xED), .xor, "EFAAED0000ED", .computed),
    (FaceFrame(id: 0xFE, data: [1]), .xor, "EFAAFE000101FE", .captured),
    (FaceFrame(id: 0xC0, data: [1]), .sum, "EFAAC00000000101C2", .captured),
    (FaceFrame(id: 0x51, data: [4]), .sum, "EFAA51000000010456", .captured),
  ]

  /// What modules say, and what comes of it. Of the captured ones of the fm22x the payload was captured and
  /// the parity was computed.
  static let answers: [(String, FaceFamily, FaceMessage, Provenance)] = [
    ("EFAA0100010000", .fm22x, .ready, .computed),
    (
      "EFAA0000261200FFFF" + String(repeating: "00", count: 33) + "C8FC", .fm22x,
      reply(0x12, 0, [0xFF, 0xFF] + [UInt8](repeating: 0, count: 33) + [0xC8]), .captured
    ),
    ("EFAA00002612000005\(zhang)00C883", .fm22x, reply(0x12, 0, success(0xC8)), .computed),
    ("EFAA00002612000005\(zhang)00CC87", .fm22x, reply(0x12, 0, success(0xCC)), .computed),
    ("EFAA000002120111", .fm22x, reply(0x12, 1), .computed),
    ("EFAA000002120212", .fm22x, reply(0x12, 2), .computed),
    ("EFAA000002120414", .fm22x, reply(0x12, 4), .computed),
    ("EFAA000002120616", .fm22x, reply(0x12, 6), .computed),
    ("EFAA000002120818", .fm22x, reply(0x12, 8), .computed),
    ("EFAA000002120C1C", .fm22x, reply(0x12, 12), .computed),
    ("EFAA000002120D1D", .fm22x, reply(0x12, 13), .computed),
    ("EFAA0000051D000005011C", .fm22x, reply(0x1D, 0, [0, 5, 1]), .computed),
    ("EFAA0000021D0A15", .fm22x, reply(0x1D, 10), .computed),
    ("EFAA0000072400020001000525", .fm22x, reply(0x24, 0, [2, 0, 1, 0, 5]), .computed),
    ("EFAA00000324000027", .fm22x, reply(0x24, 0, [0]), .computed),
    ("EFAA00000311000012", .fm22x, reply(0x11, 0, [0]), .computed),
    ("EFAA00000311000113", .fm22x, reply(0x11, 0, [1]), .computed),
    ("EFAA000002200022", .fm22x, reply(0x20, 0), .computed),
    ("EFAA000002100012", .fm22x, reply(0x10, 0), .computed),
    ("EFAA00002522000005\(zhang)0078", .fm22x, reply(0x22, 0, user), .computed),
    (
      "EFAA000022300056312E322E33" + String(repeating: "00", count: 26) + "74", .fm22x,
      reply(0x30, 0, Array("V1.2.3".utf8) + [UInt8](repeating: 0, count: 26)), .computed
    ),
    ("EFAA00000000041200000016", .tx510, reply(0x12, 0, [0, 0]), .captured),
    ("EFAA00000000041300000017", .tx510, reply(0x13, 0, [0, 0]), .captured),
    ("EFAA0000000002210023", .tx510, reply(0x21, 0), .captured),
    ("EFAA0000000002120317", .tx510, reply(0x12, 3), .captured),
    ("EFAA000000000212061A", .tx510, reply(0x12, 6), .captured),
    ("EFAA000000000212081C", .tx510, reply(0x12, 8), .captured),
    ("EFAA000000000213061B", .tx510, reply(0x13, 6), .captured),
  ]

  /// Notes with their positions: state, first angle, guidance.
  static let notes: [(String, Int16, Int16, FaceGuidance, Provenance)] = [
    ("EFAA0100110100005200E6002201DC01F9FF0A00000057", 0, -7, .holdStill, .captured),
    ("EFAA010011010100000000000000000000000000000010", 1, 0, .noFace, .computed),
    ("EFAA010011010600000000000000000000000000000017", 6, 0, .comeCloser, .computed),
  ]

  private static var user: [UInt8] { [0, 5] + hex(zhang) + [0] }

  private static func success(_ unlock: UInt8) -> [UInt8] { user + [unlock] }

  private static func reply(_ id: UInt8, _ result: UInt8, _ payload: [UInt8] = []) -> FaceMessage {
    .reply(to: id, FaceResult(rawValue: result), payload: payload)
  }
}
