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
    readers = try Self.readers(reader.stringArray(forKey: "readers", default: []))
    let named = Set(schedules.keys).union(readers.places.map(\.lane))
    lanes = named.isEmpty ? [LaneID(1)] : named.sorted()
  }

  private static func readers(_ entries: [String]) throws(ConfigurationError) -> ReaderPlan {
    var places: [ReaderPlan.Place] = []
    for entry in entries {
      do throws(ReaderPlan.Place.Malformed) {
        places.append(try ReaderPlan.Place(entry))
      } catch {
        throw ConfigurationError("canteen.readers", error.description)
      }
    }
    do throws(ReaderPlan.Contradiction) {
      return try ReaderPlan(places: places)
    } catch {
      throw ConfigurationError("canteen.readers", "cannot be: \(error)")
    }
  }

  private static func lane(_ text: String) -> LaneID? {
    UInt16(text).flatMap { $0 >= 1 ? LaneID($0) : nil }
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
