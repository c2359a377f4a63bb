/// Where a person looks while a module learns their face.
package enum FaceDirection: UInt8, Hashable, Sendable, CaseIterable {
  case middle = 0x01
  case right = 0x02
  case left = 0x04
  case down = 0x08
  case up = 0x10

  /// All five, as a reply adds them up.
  static let complete: UInt8 = 0x1F
}

/// What a module keeps beside a face. It is no credential: accounts are found by the user's number.
package struct FaceName: Equatable, Sendable {
  /// The module's field has 32 bytes and ends with zero.
  package static let longest = 31
  /// UTF-8, no zero.
  let bytes: [UInt8]

  /// - Returns: `nil` for more than ``longest`` bytes of UTF-8, or a zero among them.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.longest, !bytes.contains(0) else { return nil }
    self.bytes = bytes
  }

  /// The module's field.
  static let fieldSize = 32
  var field: [UInt8] { bytes + [UInt8](repeating: 0, count: Self.fieldSize - bytes.count) }

  /// What stands before the first zero of the field; what is no UTF-8 is replaced.
  static func text(_ field: some Sequence<UInt8>) -> String {
    String(decoding: Array(field.prefix { $0 != 0 }), as: UTF8.self)
  }
}

/// What we ask of a module. Commands that read or write templates are not here: a face never leaves the
/// module.
enum FaceCommand: Equatable, Sendable {
  /// Whatever the module does, it stops.
  case reset
  case status
  case version
  /// Look for a face for so many seconds. A TX510 has its own patience.
  case verify(seconds: UInt8)
  /// Learn one of five views.
  case enrol(FaceName, FaceDirection, seconds: UInt8)
  /// Learn a face from one view. A TX510 keeps no name, and has its own patience.
  case enrolAtOnce(FaceName, seconds: UInt8)
  case delete(user: UInt16)
  case deleteAll
  case describe(user: UInt16)
  /// Forget the views of a face that is not complete.
  case dropEnrolment
  case listUsers
  case beginEncryption(seed: [UInt8])

  /// - Returns: `nil` when a module of the family has no such command.
  func frame(_ family: FaceFamily) -> FaceFrame? {
    switch family {
    case .fm22x: FaceFrame(id: fm22xID, data: fm22xData)
    case .tx510: tx510ID.map { FaceFrame(id: $0, data: tx510Data) }
    }
  }

  /// The id under which the module answers.
  func id(_ family: FaceFamily) -> UInt8? { family == .fm22x ? fm22xID : tx510ID }

  private var fm22xID: UInt8 {
    switch self {
    case .reset: 0x10
    case .status: 0x11
    case .verify: 0x12
    case .enrol: 0x13
    case .enrolAtOnce: 0x1D
    case .delete: 0x20
    case .deleteAll: 0x21
    case .describe: 0x22
    case .dropEnrolment: 0x23
    case .listUsers: 0x24
    case .version: 0x30
    case .beginEncryption: 0x50
    }
  }

  private var fm22xData: [UInt8] {
    switch self {
    case .reset, .status, .version, .deleteAll, .dropEnrolment, .listUsers: []
    case .verify(let seconds): [0, seconds]
    case .enrol(let name, let direction, let seconds):
      [0] + name.field + [direction.rawValue, seconds]
    case .enrolAtOnce(let name, let seconds): [0] + name.field + [0, seconds]
    case .delete(let user), .describe(let user): Self.bytes(user)
    // AES-128. What the time is for is not documented.
    case .beginEncryption(let seed): seed + [0x01] + [0, 0, 0, 0]
    }
  }

  private var tx510ID: UInt8? {
    switch self {
    case .verify: 0x12
    case .enrolAtOnce: 0x13
    case .delete: 0x20
    case .deleteAll: 0x21
    case .version: 0x30
    case .listUsers: 0xC4
    case .reset, .status, .enrol, .describe, .dropEnrolment, .beginEncryption: nil
    }
  }

  private var tx510Data: [UInt8] {
    if case .delete(let user) = self { return Self.bytes(user) }
    return []
  }

  private static func bytes(_ user: UInt16) -> [UInt8] { [UInt8(user >> 8), UInt8(user & 0xFF)] }
}
