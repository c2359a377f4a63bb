import CanteenModel
import Foundation
import OfficePages
import SettlementCore
import SettlementStore
import SyncTransport

/// What a page reads, in the name of who opened it: through the same door as every program, so that no page shows what
/// the route behind it would refuse.
struct PageReader: Sendable {
  let door: OfficeDoor
  let person: PersonHere
  let address: PageAddress
  /// The local day, in days since 1970-01-01.
  let today: Int32
  let utcOffsetMinutes: Int
  /// Of the address, or today's.
  let quarter: Quarter

  /// - Throws: ``Problem`` 400 for a quarter that is none.
  init(_ door: OfficeDoor, _ person: PersonHere, _ address: PageAddress) async throws {
    self.door = door
    self.person = person
    self.address = address
    today = try await door.books.today()
    utcOffsetMinutes = try await door.books.localOffsetMinutes()
    let asked = address.values["quarter"] ?? Quarter(of: today).description
    guard let quarter = Quarter(asked) else {
      throw OfficeProblem.malformed.because("quarter is one such as 2026Q4")
    }
    self.quarter = quarter
  }

  /// What a call answers.
  ///
  /// - Throws: ``Problem`` 403 for who may not, and what the call throws.
  func bytes(_ call: OfficeCall, _ values: [String: String] = [:]) async throws -> [UInt8] {
    try await door.answer(try OfficeRequest(call, values: values), for: person)
  }

  /// What a call answers in JSON.
  func read<Value: Decodable>(
    _: Value.Type, _ call: OfficeCall, _ values: [String: String] = [:]
  ) async throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(try await bytes(call, values)))
  }

  /// What the address says, or else how far the person reaches: who has a role in one unit only opens that unit's page.
  ///
  /// - Returns: The address's values that the call has, and one that narrows it where that is needed.
  func narrowed(_ call: OfficeCall) async throws -> [String: String] {
    let names = Set(call.route.parameters.map(\.name))
    let values = address.values.filter { names.contains($0.key) }
    let narrowings = ["unit", "canteen", "caterer"].filter { names.contains($0) }
    guard !narrowings.contains(where: { values[$0] != nil }),
      case .refused = Access.judge(call.route.verb, on: .whole, by: person.grants)
    else { return values }
    for grant in person.grants {
      let name: SubjectName
      let narrowing: (String, UInt32)
      switch grant.scope {
      case .unit(let unit): (name, narrowing) = (.unit(unit), ("unit", unit.number))
      case .canteen(let canteen):
        (name, narrowing) = (.canteen(canteen), ("canteen", canteen.number))
      case .caterer(let caterer):
        (name, narrowing) = (.caterer(caterer), ("caterer", caterer.number))
      case .everything, .region, .account: continue
      }
      guard names.contains(narrowing.0) else { continue }
      let subject = try await door.books.subject(name)
      if case .refused = Access.judge(call.route.verb, on: subject, by: person.grants) { continue }
      return values.merging([narrowing.0: "\(narrowing.1)"]) { $1 }
    }
    return values
  }

  /// Whether the person may read it at all, as far as a role of theirs reaches.
  func mayOpen(_ page: PageName) async throws -> Bool {
    let call = page.call
    guard call.route.verb.rule.caller != .signedIn else { return true }
    let values = try await narrowed(call)
    let name: SubjectName =
      if let unit = values["unit"].flatMap({ UInt32($0) }) {
        .unit(UnitID(unit))
      } else if let canteen = values["canteen"].flatMap({ UInt32($0) }) {
        .canteen(CanteenID(canteen))
      } else {
        .whole
      }
    let subject = try await door.books.subject(name)
    if case .refused = Access.judge(call.route.verb, on: subject, by: person.grants) {
      return false
    }
    return true
  }
}

/// How figures and moments are written on pages.
extension PageReader {
  func time(_ milliseconds: Int64) -> String {
    let minutes = milliseconds / 60_000 + Int64(utcOffsetMinutes)
    let day = CivilDate(day: Int32(clamping: minutes / 1440))
    let ofDay = minutes % 1440
    return "\(day) \(Self.two(ofDay / 60)):\(Self.two(ofDay % 60))"
  }

  func date(_ day: Int32?) -> String { day.map { "\(CivilDate(day: $0))" } ?? "—" }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  static func percent(ofBasisPoints points: Int64) -> String {
    "\(points / 100).\(two(points % 100)) %"
  }

  static func yuan(_ fen: Int64) -> String { "\(Fen(fen))" }

  /// What the figures of a page include: everything that was handed in until now.
  func now() -> Words {
    let time = time(door.books.now)
    return Words("截至 \(time)，已收到的记录", "As of \(time), of what was handed in")
  }
}
