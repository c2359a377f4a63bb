import CanteenModel
import VirtualReaders
import VirtualTime

/// One thing that happens at a counter.
enum DeviceStep: Sendable {
  case show(Showing)
  case takeAway
  case pass(Duration)
  case unplug
  /// A new device of the kind; a byte of its descriptors may be changed.
  case plug(spoilt: (place: Int, mask: UInt8)?)
  case hangUp(transfer: Int, VirtualDevice.HangUp, VirtualDevice.Farewell)
  case fault(ReaderFault)
  case disturb(ScannerFault)
  case spoil(FaceFault)
  case garble(GarbledModel.Garble, after: Int, isControl: Bool)
  /// The device says something unasked.
  case noise([UInt8], endpoint: UInt8)
  case signal(Signal)
  case seek(Bool)

  /// The next of a story.
  init(_ input: inout FuzzInput, _ kind: Specimen.Kind) {
    switch input.number(below: 12) {
    case 0, 1: self = .show(Self.showing(&input, kind))
    case 2: self = .takeAway
    case 3: self = .pass(.milliseconds(Int(input.byte())))
    case 4: self = .pass(.milliseconds(10 * Int(input.byte())))
    case 5: self = .unplug
    case 6:
      let isSpoilt = input.byte() & 3 == 3
      self = .plug(spoilt: isSpoilt ? (Int(input.byte()), input.byte()) : nil)
    case 7:
      self = .hangUp(
        transfer: 1 + input.number(below: 24), input.choice(VirtualDevice.HangUp.allCases),
        input.choice(VirtualDevice.Farewell.allCases))
    case 8: self = Self.fault(&input, kind)
    case 9:
      let isControl = input.byte() & 3 == 3
      self = .garble(Self.garble(&input), after: input.number(below: 12), isControl: isControl)
    case 10: self = .noise(input.piece(), endpoint: 0x81 + UInt8(input.number(below: 6)))
    default:
      self =
        input.flag()
        ? .signal(input.choice(Signal.allCases)) : .seek(input.flag())
    }
  }

  private static func showing(_ input: inout FuzzInput, _ kind: Specimen.Kind) -> Showing {
    switch kind {
    case .card:
      let kind = input.choice(VirtualCard.Kind.allCases)
      let length = input.choice([4, 7, 10, 4, 7, 5])
      let serial = (0..<length).map { UInt8($0) &+ input.byte() }
      return .card(VirtualCard(kind: kind, serial: serial, isMute: input.byte() == 0xFF))
    case .scanner:
      // Characters that every scanner can type.
      let text = input.piece().map { Array("0123456789abcdefghijklmnopqrstuv".utf8)[Int($0 & 31)] }
      return .code(text.isEmpty ? [0x31] : text)
    case .face: return .face(1 + UInt16(input.number(below: 210)))
    }
  }

  private static func fault(_ input: inout FuzzInput, _ kind: Specimen.Kind) -> DeviceStep {
    switch kind {
    case .card:
      let faults: [ReaderFault] = [
        .mute, .garbage, .shortFrame, .lengthMismatch, .stall, .zeroPacket, .partial,
        .timeExtension(multiplier: input.byte(), delayMilliseconds: 10 * Int(input.byte())),
        .staleSequence(count: 1 + Int(input.byte() & 15)), .failure(error: input.byte()),
      ]
      return .fault(input.choice(faults))
    case .scanner:
      let count = Int(input.byte() & 7)
      return .disturb(
        input.choice([.cutOff(afterReports: count), .stall(afterReports: count), .shortReport]))
    case .face:
      return .spoil(
        input.choice([.mute, .garbage, .wrongChecksum, .half, .cutShort, .rejected]))
    }
  }

  private static func garble(_ input: inout FuzzInput) -> GarbledModel.Garble {
    switch input.number(below: 8) {
    case 0: .drop
    case 1: .twice
    case 2: .late(milliseconds: 10 * Int(input.byte()))
    case 3: .replace(input.piece())
    case 4: .cut(to: Int(input.byte()))
    case 5: .lengthen(input.piece())
    case 6: .flip(at: Int(input.byte()), input.byte())
    default: .halt
    }
  }
}
