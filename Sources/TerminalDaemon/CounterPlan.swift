import CanteenModel
import Configuration
import Readers
import TerminalCore

/// The counters of a terminal, as the settings describe them: lanes, how each sells, and which reader
/// serves it.
package struct CounterPlan: Sendable {
  /// Where each reader is expected. Empty: whatever is plugged in serves lane 1.
  let readers: ReaderPlan
  /// One or more, sorted.
  let lanes: [LaneID]
  private let schedules: [LaneID: LaneSchedule]
  private let usual: LaneSchedule

  /// How a lane sells.
  func schedule(of lane: LaneID) -> LaneSchedule { schedules[lane] ?? usual }

  init(_ reader: ConfigReader) throws(ConfigurationError) {
    usual = try Self.schedule(
      "laneMode", reader.string(forKey: "laneMode", default: Lane.Mode.fixedPrice.rawValue),
      "laneModes", reader.string(forKey: "laneModes", default: ""))
    var schedules: [LaneID: LaneSchedule] = [:]
    for entry in reader.stringArray(forKey: "lanes", default: []) {
      let words = entry.split(separator: " ").map(String.init)
      guard words.count >= 2, let lane = Self.lane(words[0]), schedules[lane] == nil else {
        throw ConfigurationError(
          "canteen.lanes",
          "names each lane once, such as \"2 keyedAmount 1=fixedPrice\", not \(entry)")
      }
      schedules[lane] = try Self.schedule(
        "lanes", words[1], "lanes", words.dropFirst(2).joined(separator: ","))
    }
    self.schedules = schedules
    let places = try reader.stringArray(forKey: "readers", default: []).map(Self.place)
    do throws(ReaderPlan.Contradiction) {
      readers = try ReaderPlan(places: places)
    } catch {
      throw ConfigurationError("canteen.readers", "cannot be: \(error)")
    }
    let named = Set(schedules.keys).union(places.map(\.lane))
    lanes = named.isEmpty ? [LaneID(1)] : named.sorted()
  }

  private static func lane(_ text: String) -> LaneID? {
    UInt16(text).flatMap { $0 >= 1 ? LaneID($0) : nil }
  }

  /// `1 scanner pci-0000:00:14.0-usb-0:1.2 suffix=tab`: lane, role, socket, and how the device is set up.
  private static func place(_ entry: String) throws(ConfigurationError) -> ReaderPlan.Place {
    let words = entry.split(separator: " ").map(String.init)
    guard words.count >= 3, let lane = lane(words[0]), let role = ReaderRole(rawValue: words[1])
    else {
      throw ConfigurationError(
        "canteen.readers",
        "has lane, role (card, scanner, face) and socket, such as "
          + "\"1 scanner pci-0000:00:14.0-usb-0:1.2\" (canteenctl devices shows the sockets), "
          + "not \(entry)")
    }
    var (scanner, face) = (ScannerSettings(), FaceSettings())
    for word in words.dropFirst(3) {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let isTaken =
        parts.count == 2
        && (role == .scanner
          ? set(parts[0], parts[1], &scanner) : role == .face && set(parts[0], parts[1], &face))
      guard isTaken else {
        throw ConfigurationError("canteen.readers", "\(options(of: role)), not \(word)")
      }
    }
    return ReaderPlan.Place(
      socket: words[2], lane: lane, role: role, scanner: scanner, face: face)
  }

  /// What may be said of a device, in words.
  private static func options(of role: ReaderRole) -> String {
    switch role {
    case .card: "says nothing more of a card reader"
    case .scanner:
      "says of a scanner suffix="
        + ScannerSettings.Suffix.allCases.map(\.rawValue).joined(separator: "|")
        + ", keyboard=" + KeyboardLayout.all.map(\.name).joined(separator: "|")
        + ", symbologies=all or a list such as ]Q,]d and baud=9600"
    case .face:
      "says of a face module family="
        + FaceFamily.allCases.map(\.rawValue).joined(separator: "|")
        + ", baud=115200 and encrypted=yes|no"
    }
  }

  /// - Returns: Whether there is such an option and value.
  private static func set(_ key: String, _ value: String, _ scanner: inout ScannerSettings) -> Bool
  {
    switch key {
    case "suffix":
      guard let suffix = ScannerSettings.Suffix(rawValue: value) else { return false }
      scanner.suffix = suffix
    case "keyboard":
      guard let keyboard = KeyboardLayout.named(value) else { return false }
      scanner.keyboard = keyboard
    case "symbologies":
      let names = value.split(separator: ",").map(String.init)
      guard value == "all" || names.allSatisfy({ $0.hasPrefix("]") && $0.count >= 2 }) else {
        return false
      }
      scanner.symbologies = value == "all" ? [] : names
    case "baud":
      guard let baud = Int(value), baud > 0 else { return false }
      scanner.baud = baud
    default: return false
    }
    return true
  }

  private static func set(_ key: String, _ value: String, _ face: inout FaceSettings) -> Bool {
    switch (key, value) {
    case ("family", _):
      guard let family = FaceFamily(rawValue: value) else { return false }
      face.family = family
    case ("baud", _):
      guard let baud = Int(value), baud > 0 else { return false }
      face = FaceSettings(family: face.family, baud: baud, isEncrypted: face.isEncrypted)
    case ("encrypted", "yes"): face.isEncrypted = true
    case ("encrypted", "no"): face.isEncrypted = false
    default: return false
    }
    return true
  }

  private static func schedule(
    _ modeKey: String, _ mode: String, _ periodsKey: String, _ periods: String
  ) throws(ConfigurationError) -> LaneSchedule {
    let modes = Lane.Mode.allCases.map(\.rawValue).joined(separator: ", ")
    guard let usual = Lane.Mode(rawValue: mode) else {
      throw ConfigurationError("canteen.\(modeKey)", "is one of \(modes), not \(mode)")
    }
    var byPeriod: [UInt8: Lane.Mode] = [:]
    for entry in periods.split(separator: ",") {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let period = UInt8(parts[0]),
        let mode = Lane.Mode(rawValue: "\(parts[1])")
      else {
        throw ConfigurationError(
          "canteen.\(periodsKey)", "is a list such as 1=keyedAmount,3=countOnly; modes are \(modes)"
        )
      }
      byPeriod[period] = mode
    }
    return LaneSchedule(usual: usual, byPeriod: byPeriod)
  }
}
