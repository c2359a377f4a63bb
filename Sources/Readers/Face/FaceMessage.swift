/// What a module says.
package enum FaceMessage: Equatable, Sendable {
  /// To a command, by its id; `payload` is what follows the result.
  case reply(to: UInt8, FaceResult, payload: [UInt8])
  /// It has just started.
  case ready
  /// How a face stands before it.
  case face(FacePosition)
  /// What nobody here needs, or what is too short to mean anything.
  case other

  /// What a frame says. Any frame says something, be it ``other``.
  package init(_ frame: FaceFrame) {
    switch frame.id {
    case 0x00 where frame.data.count >= 2:
      self = .reply(
        to: frame.data[0], FaceResult(rawValue: frame.data[1]),
        payload: Array(frame.data.dropFirst(2)))
    case 0x01 where frame.data == [0x00]: self = .ready
    case 0x01 where frame.data.first == 0x01:
      self = FacePosition(note: frame.data).map { .face($0) } ?? .other
    default: self = .other
    }
  }
}

/// Where a face is in the module's picture: 8 numbers, lowest byte first, although sizes are the other way
/// round.
package struct FacePosition: Equatable, Sendable {
  /// 0 is well placed, see ``guidance``.
  let state: Int16
  let left, top, right, bottom: Int16
  /// Degrees.
  let yaw, pitch, roll: Int16

  /// - Returns: `nil` for a note that has neither 17 bytes nor the 19 of firmware that puts the user's number
  ///   before the angles.
  init?(note: [UInt8]) {
    guard note.count == 17 || note.count == 19 else { return nil }
    func number(_ index: Int) -> Int16 {
      Int16(bitPattern: UInt16(note[1 + index * 2]) | UInt16(note[2 + index * 2]) << 8)
    }
    let angles = note.count == 19 ? 6 : 5
    state = number(0)
    (left, top, right, bottom) = (number(1), number(2), number(3), number(4))
    (yaw, pitch, roll) = (number(angles), number(angles + 1), number(angles + 2))
  }

  /// What the person must do; `nil` for a state that is none of theirs. "Left" of the module's picture is
  /// the person's right: whoever stands too far left there moves to their own left.
  package var guidance: FaceGuidance? {
    switch state {
    case 0: .holdStill
    case 1: .noFace
    case 2: .moveDown
    case 3: .moveUp
    case 4: .moveLeft
    case 5: .moveRight
    case 6: .comeCloser
    case 7: .stepBack
    case 8, 9, 10: .uncoverFace
    case 11: .lookStraight
    default: nil
    }
  }
}

/// How a command ended. Both families count from 0, and differ above.
package struct FaceResult: Hashable, Sendable {
  package let rawValue: UInt8

  package static let success = FaceResult(rawValue: 0)
  /// fm22x: busy, or not now.
  static let rejected = FaceResult(rawValue: 1)

  /// For people.
  func words(_ family: FaceFamily) -> String {
    let known: [UInt8: String] =
      switch family {
      case .fm22x:
        [
          0: "success", 1: "rejected", 2: "aborted", 4: "its camera failed", 5: "unknown reason",
          6: "invalid parameter", 7: "no memory", 8: "unknown user", 9: "its memory is full",
          10: "this face is already enrolled", 11: "its signal processor failed",
          12: "not a living face", 13: "no face in time", 14: "not authorised",
          18: "it did not start in time", 19: "reading a file failed",
          20: "writing a file failed", 21: "no encryption is set",
        ]
      case .tx510:
        [
          0: "success", 1: "no face", 3: "a bad angle", 6: "not a living face (2D)",
          7: "not a living face (3D)", 8: "unknown user", 9: "this face is already enrolled",
          10: "saving failed",
        ]
      }
    return known[rawValue] ?? "result \(rawValue)"
  }
}

/// What a recognition came to.
package enum FaceVerdict: Equatable, Sendable {
  /// A living person whom the module knows.
  case person(UInt16)
  case unreadable(Unreadable)
  /// Nobody was there in time, or not well placed.
  case nobody
  /// It did not take place: busy, or stopped.
  case refused
  /// The module cannot; the reason is for people.
  case failed(String)

  /// Bytes of a success of the fm22x: number, name, administrator, unlock status.
  private static let unlockOffset = 2 + FaceName.fieldSize + 1

  /// - Parameter payload: What follows the result of a recognition.
  package init(_ result: FaceResult, payload: [UInt8], _ family: FaceFamily) {
    guard result != .success else {
      self = Self.success(payload, family)
      return
    }
    self =
      switch (family, result.rawValue) {
      case (_, 8): .unreadable(.unknownFace)
      case (.fm22x, 12), (.tx510, 6), (.tx510, 7): .unreadable(.notAlive)
      case (.fm22x, 13), (.tx510, 1), (.tx510, 3): .nobody
      case (.fm22x, 1), (.fm22x, 2): .refused
      default: .failed("recognition failed: \(result.words(family))")
      }
  }

  private static func success(_ payload: [UInt8], _ family: FaceFamily) -> FaceVerdict {
    guard payload.count >= 2 else { return .failed("it recognised somebody and did not say whom") }
    let user = UInt16(payload[0]) << 8 | UInt16(payload[1])
    #if SEEDED_BUGS
      if SeededReaderBug.planted == .demoUserIsTaken, user == 0xFFFF { return .person(user) }
    #endif
    if family.isNobody(user) { return .unreadable(.unknownFace) }
    #if SEEDED_BUGS
      if SeededReaderBug.planted == .deadFaceIsTaken { return .person(user) }
    #endif
    switch family.liveness {
    case .ownResults: return .person(user)
    case .unlockStatus:
      guard payload.count > unlockOffset, payload[unlockOffset] == FaceLiveness.normalUnlock
      else { return .unreadable(.notAlive) }
      return .person(user)
    }
  }
}
