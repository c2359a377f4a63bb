/// How a face module speaks. Nothing in its USB descriptors says so: the settings do.
package enum FaceFamily: String, Hashable, Sendable, CaseIterable {
  /// SenseTime's protocol, as HLK-FM22x, FT225, AI10, SEV3X and others speak it: sizes of 2 bytes, XOR.
  case fm22x
  /// HLK-TX510: sizes of 4 bytes, a sum.
  case tx510

  /// How frames are cut and checked.
  package var framing: FaceFraming {
    switch self {
    case .fm22x: .xor
    case .tx510: .sum
    }
  }

  /// How its recognition says that it saw a living person. Without that nobody is presented.
  var liveness: FaceLiveness {
    switch self {
    case .fm22x: .unlockStatus
    case .tx510: .ownResults
    }
  }

  /// Numbers that stand for nobody: all of a module in demo mode, which knows everybody.
  func isNobody(_ user: UInt16) -> Bool {
    switch self {
    case .fm22x: user == 0xFFFF || user == 0
    // Its first user is 0: captured.
    case .tx510: user == 0xFFFF
    }
  }
}

/// How a module says that it saw a living person.
enum FaceLiveness: Equatable, Sendable {
  /// A byte of each success: `C8` is alive with open eyes. Anything else, or no such byte, is not.
  case unlockStatus
  /// Failures of their own (2D, 3D) come in place of a success. The module has no command that switches
  /// its check off, and a recorded session shows it at work, so a success is alive.
  case ownResults

  /// The last byte of a success by which a module says that all is well.
  static let normalUnlock: UInt8 = 0xC8
}

/// How a module is reached, from the settings.
package struct FaceSettings: Equatable, Sendable {
  package var family: FaceFamily
  /// Any byte may end a frame.
  package var serial: SerialSettings
  /// Frames are enciphered, for modules that ask for it. It gives no secrecy: see ``FaceCipher``.
  package var isEncrypted: Bool

  /// - Parameter baud: Bits a second; a rate that the bridge cannot make refuses the device.
  package init(
    family: FaceFamily = .fm22x, baud: Int = 115_200, isEncrypted: Bool = false
  ) {
    self.family = family
    serial = SerialSettings(baud: baud, lastByte: nil)
    self.isEncrypted = isEncrypted
  }

  /// Why no module can be set so, for people; `nil` when one can.
  var refusal: String? {
    isEncrypted && family == .tx510 ? "a \(family.rawValue) module has no encryption" : nil
  }
}
