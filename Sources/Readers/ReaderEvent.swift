package import CanteenModel

/// What the readers of a terminal tell it.
package enum ReaderEvent: Equatable, Sendable {
  /// A reader works: it was plugged in, or has recovered.
  case ready(ReaderDescription)
  /// Somebody showed something at a lane. Said once for as long as it lies there, also when the reader is
  /// reset or plugged in anew meanwhile.
  case presented(Presentation, lane: LaneID)
  /// What was last `presented` or `unreadable` went away. Not said of what went while the reader was away.
  case removed(ReaderID)
  /// Something came that cannot be an identity. Said once for as long as it lies there.
  case unreadable(ReaderID, Unreadable)
  /// What the person in front of a face module must do to be seen. Said when it changes.
  case guidance(ReaderID, FaceGuidance)
  /// A reader does not work any more, or cannot be used. It comes back by itself with `ready`.
  case away(ReaderID, AwayReason)
}

/// A reader that works.
package struct ReaderDescription: Hashable, Sendable {
  /// Where it is plugged in, and the lane that it serves.
  package let reader: ReaderID
  package let lane: LaneID
  package let role: ReaderRole
  /// In words, for people: `ACS ACR122U`.
  package let model: String
  /// USB identifiers, as the device states them.
  package let vendor: UInt16
  package let product: UInt16
  /// It has a light or a buzzer that we can command.
  package let canSignal: Bool
}

/// Why what was shown is no identity.
package enum Unreadable: String, Hashable, Sendable, CaseIterable {
  /// It gives a new serial number at every tap (4 bytes, the first is `08`), to protect its holder.
  case randomSerial
  /// It did not answer; often it was not held long enough.
  case mute
  /// The reader has no serial number for this kind of card.
  case noSerial
  /// Its serial number has neither 4, 7 nor 10 bytes.
  case oddSerial
  /// The scanner began a code and did not end it, or the code is longer than any that we take.
  case brokenCode
  /// The code is of a symbology that this canteen does not take, such as the bar code of a drink.
  case wrongSymbology
  /// The module saw a photograph, a mask or closed eyes, or does not say that it looked.
  case notAlive
  /// A face that the module does not know.
  case unknownFace
}

/// Why a reader does not work.
package enum AwayReason: Hashable, Sendable, CustomStringConvertible {
  case unplugged
  /// The device node is not ours: the udev rule is missing.
  case accessDenied
  /// Another program has claimed it; which, where that is known. We try again.
  case busy(holder: String?)
  /// It broke the protocol or went silent. We reset it and try again.
  case failed(String)
  /// It is a reader that we cannot drive. We do not try again before it is plugged in anew.
  case refused(String)
  /// It works, but the settings expect it elsewhere, or something else here.
  case misplaced(String)
  /// It failed so often that resetting it is of no use. Plugging it in anew begins again.
  case parked(String)

  /// In words, with what to look for.
  package var description: String {
    switch self {
    case .unplugged: "unplugged"
    case .accessDenied: "no permission to open it: is the udev rule installed?"
    case .busy("pcscd"?):
      "claimed by pcscd: sudo systemctl disable --now pcscd.socket pcscd.service"
    case .busy(let holder): "claimed by \(holder ?? "another program")"
    case .failed(let reason): "failed: \(reason)"
    case .refused(let reason): "refused: \(reason)"
    case .misplaced(let reason): reason
    case .parked(let reason): "parked, plug it in anew: \(reason)"
    }
  }
}

/// What a person must do so that the module sees their face.
package enum FaceGuidance: String, Hashable, Sendable, CaseIterable {
  /// The face is well placed.
  case holdStill
  case noFace
  case comeCloser, stepBack
  /// Where the person must move to.
  case moveUp, moveDown, moveLeft, moveRight
  /// Hair, glasses, a mask or a hand.
  case uncoverFace
  case lookStraight
}

extension ReaderEvent: CustomStringConvertible {
  /// One line: what an evidence folder expects, and a log shows. It holds serial numbers.
  package var description: String {
    switch self {
    case .ready(let reader): "ready \(reader.role.rawValue)"
    case .presented(let presentation, _): "presented \(Self.words(presentation.evidence))"
    case .removed: "removed"
    case .unreadable(_, let reason): "unreadable \(reason.rawValue)"
    case .guidance(_, let guidance): "guidance \(guidance.rawValue)"
    case .away(_, let reason): "away \(reason)"
    }
  }

  private static func words(_ evidence: Evidence) -> String {
    switch evidence {
    case .card(let serial, let kind): "card \(Hexadecimal.text(serial)) \(kind.rawValue)"
    case .code(let code):
      "code \(code.symbology ?? "-") \(Hexadecimal.text(code.bytes))"
    case .face(let user): "face \(user)"
    }
  }
}
