import CanteenModel
import Foundation
import HTTPListener
import HTTPTypes
import Hummingbird
import SettlementCore
import SettlementStore
import SyncTransport

/// A request with its parameters checked against the route's table.
struct OfficeRequest: Sendable {
  let call: OfficeCall
  private let values: [String: String]
  private(set) var body: [UInt8] = []

  /// - Throws: ``Problem`` 400 for a value that the table does not allow, and for a name that it does not have.
  init(_ call: OfficeCall, _ request: Request, _ context: ListenerContext) throws(Problem) {
    let parameters = call.route.parameters
    var values: [String: String] = [:]
    for parameter in parameters where parameter.isInPath {
      values[parameter.name] = context.parameters.get(parameter.name)
    }
    for (name, value) in request.uri.queryParameters {
      let name = String(name)
      guard parameters.contains(where: { !$0.isInPath && $0.name == name }) else {
        throw OfficeProblem.malformed.because("there is no parameter \(name.prefix(40))")
      }
      guard values[name] == nil else {
        throw OfficeProblem.malformed.because("the parameter \(name) is there twice")
      }
      values[name] = String(value)
    }
    try self.init(call, values: values)
  }

  /// What a page asks in somebody's name.
  ///
  /// - Throws: ``Problem`` 400 for a value that the table does not allow.
  init(_ call: OfficeCall, values: [String: String], body: [UInt8] = []) throws(Problem) {
    self.call = call
    self.body = body
    for parameter in call.route.parameters {
      guard let value = values[parameter.name] else {
        // The table has no optional value in a path, and a digest is never optional.
        guard !parameter.isInPath, parameter.name != "sha256" else {
          throw OfficeProblem.malformed.because("the parameter \(parameter.name) is missing")
        }
        continue
      }
      guard parameter.allows(value) else {
        throw OfficeProblem.malformed.because(
          "\(parameter.name) is not \(parameter.kind.description)")
      }
    }
    self.values = values
  }

  /// Reads the body, up to the route's limit.
  ///
  /// - Throws: ``Problem``, or what the listener throws for one that is too large or too slow.
  mutating func readBody(of request: Request) async throws {
    guard let expected = call.route.body else { return }
    let sent = request.headers[.contentType]?.split(separator: ";").first?
      .trimmingCharacters(in: .whitespaces).lowercased()
    guard sent == expected.mediaType else {
      throw OfficeProblem.mediaTypeUnsupported.because("send \(expected.mediaType)")
    }
    body = try await request.bytes(upTo: expected.limit, within: .seconds(60))
    // No name has one, and not every store can keep it.
    let isText = expected.mediaType == "application/json"
    guard !isText || !String(decoding: body, as: UTF8.self).contains("\\u0000") else {
      throw OfficeProblem.malformed.because("the body has the character U+0000: remove it")
    }
  }

  /// - Throws: ``Problem`` 400.
  func decoded<Value: Decodable>(_: Value.Type) throws(Problem) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(body))
    } catch {
      throw OfficeProblem.malformed.because(
        "the body is not what the schema of \(call.rawValue) says")
    }
  }

  func text(_ name: String) -> String { values[name] ?? "" }

  func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }

  /// What the act is about, as a proposal keeps it: the values in the order of the table, with strokes between. Only the
  /// last may be free text. Under which name a file was sent in parts does not matter.
  var words: String {
    call.route.parameters.map(\.name).filter { $0 != "name" && $0 != "sha256" }
      .map { text($0) }.joined(separator: "/")
  }

  /// - Precondition: The route has the parameter.
  var quarter: Quarter {
    guard let quarter = Quarter(text("quarter")) else { preconditionFailure("a checked quarter") }
    return quarter
  }

  var year: Int { Int(integer("year") ?? 0) }

  var unit: UnitID { UnitID(UInt32(clamping: integer("unit") ?? 0)) }

  var canteen: CanteenID { CanteenID(UInt32(clamping: integer("canteen") ?? 0)) }

  var caterer: CatererID { CatererID(UInt32(clamping: integer("caterer") ?? 0)) }

  /// To what a listing is narrowed. One way at a time.
  var narrowing: (OfficeListing.Narrowing, UInt32)? {
    get throws(Problem) {
      var found: (OfficeListing.Narrowing, UInt32)?
      for narrowing in OfficeListing.Narrowing.allCases {
        guard let number = integer(narrowing.rawValue) else { continue }
        guard found == nil else {
          throw OfficeProblem.malformed.because("narrow it in one way: unit, canteen or caterer")
        }
        found = (narrowing, UInt32(clamping: number))
      }
      return found
    }
  }

  /// What it is about.
  var about: SubjectName {
    get throws(Problem) {
      switch call.route.about {
      case .whole: return .whole
      case .terminal: return .terminal(TerminalID(UInt32(clamping: integer("number") ?? 0)))
      case .account: return .account(AccountID(integer("number") ?? 0))
      case .unit: return .unit(unit)
      case .canteen: return .canteen(canteen)
      case .caterer: return .caterer(caterer)
      case .proposal: return .proposal(integer("number") ?? 0)
      case .narrowing:
        return switch try narrowing {
        case nil: .whole
        case (.unit, let number)?: .unit(UnitID(number))
        case (.canteen, let number)?: .canteen(CanteenID(number))
        case (.caterer, let number)?: .caterer(CatererID(number))
        }
      }
    }
  }

  /// What the audit log calls it.
  var subject: String {
    values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}

extension OfficeRoute.Parameter {
  func allows(_ value: String) -> Bool {
    switch kind {
    case .integer(let range):
      guard let number = Int64(value), "\(number)" == value else { return false }
      return range.contains(number)
    case .digest:
      return value.utf8.count == 64 && Hexadecimal.bytes(value) != nil
        && value == value.lowercased()
    case .name: return LoginName.isGood(value)
    case .choice(let words): return words.contains(value)
    case .voucher: return VoucherNumber.credential(value) != nil
    case .quarter: return value.hasPrefix("20") && Quarter(value) != nil
    case .text(let limit):
      return value.unicodeScalars.count <= limit
        && value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
  }
}

extension OfficeRoute.Parameter.Kind {
  var description: String {
    switch self {
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .digest: "64 hexadecimal digits, lower case"
    case .name: "2 to 32 small letters, digits, dots and hyphens"
    case .choice(let words): words.joined(separator: " or ")
    case .voucher: "6 to 32 of A-Z, 0-9 and hyphens"
    case .quarter: "a quarter such as 2026Q4"
    case .text(let limit): "a text of \(limit) characters at most"
    }
  }
}
