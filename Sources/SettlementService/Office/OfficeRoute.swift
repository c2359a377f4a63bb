package import SettlementCore
import SettlementStore

/// A route of the office's listener: the router, the judgement of access and `docs/openapi-office.json` are made from
/// these.
package struct OfficeRoute: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  /// A value in the path or behind the question mark.
  package struct Parameter: Sendable {
    package enum Kind: Sendable {
      /// In this range.
      case integer(ClosedRange<Int64>)
      /// 64 hexadecimal digits, lower case.
      case digest
      /// Small letters, digits, dots and hyphens.
      case name
      case choice([String])
      /// As in 2026Q4.
      case quarter
      /// Capital letters, digits and hyphens, 6 to 32 of them: the number of a request for an official meal.
      case voucher
      /// So many characters at most, none of them a control character; it may be left out.
      case text(limit: Int)
    }

    package let name: String
    package let kind: Kind
    package let isInPath: Bool
  }

  /// What a request brings.
  package enum Body: Sendable {
    case json(OfficeSchema)
    /// A rulebook, as docs/rules.md says.
    case rulebook
    /// A policy, as `canteen-settlement policy set --help` says.
    case policy
    /// CSV, with a limit in bytes.
    case csv(limit: Int)
    case part(limit: Int)

    package var mediaType: String {
      switch self {
      case .json, .rulebook, .policy: "application/json"
      case .csv: "text/csv"
      case .part: "application/octet-stream"
      }
    }

    /// In bytes.
    package var limit: Int {
      switch self {
      case .json, .policy: 16 * 1024
      case .rulebook: 64 * 1024
      case .csv(let limit), .part(let limit): limit
      }
    }
  }

  /// What lies where: how the subject of the judgement is found.
  package enum About: Sendable {
    case whole, terminal, account
    /// The one that the path names.
    case unit, canteen, caterer, proposal
    /// The unit, canteen or caterer that the query names; without one, everything.
    case narrowing
  }

  package let method: Method
  /// Parameters stand in braces.
  package let path: String
  package let verb: Verb
  package let summary: String
  package let parameters: [Parameter]
  package let body: Body?
  package let gives: OfficeSchema
  package let about: About

  init(
    _ method: Method, _ path: String, _ verb: Verb, _ summary: String,
    _ parameters: [Parameter] = [], takes body: Body? = nil, gives: OfficeSchema,
    about: About = .whole
  ) {
    self.method = method
    self.path = path
    self.verb = verb
    self.summary = summary
    self.parameters = parameters
    self.body = body
    self.gives = gives
    self.about = about
  }

  /// What it may be refused with.
  package var problems: [OfficeProblem] {
    var problems: [OfficeProblem] = [.malformed, .refused]
    if verb.rule.caller != .anybody || verb == .signIn { problems.append(.notSignedIn) }
    problems += [.notAllowed, .notFound, .methodNotAllowed]
    if body != nil { problems += [.bodyTooSlow, .bodyTooLarge, .mediaTypeUnsupported] }
    return problems + [.wrongHost, .tooManyRequests, .failed, .notNow]
  }

  /// Whether it makes a proposal, which somebody else decides.
  package var proposes: Bool { gives == .proposal && !verb.rule.second.isEmpty }

  /// 201 where it makes a proposal, 200 otherwise.
  package var status: Int { proposes ? 201 : 200 }
}

extension OfficeRoute.Parameter {
  static func path(_ name: String, _ kind: Kind) -> Self {
    Self(name: name, kind: kind, isInPath: true)
  }

  static func query(_ name: String, _ kind: Kind) -> Self {
    Self(name: name, kind: kind, isInPath: false)
  }

  static let terminal = path("number", .integer(1...Int64(UInt32.max)))
  static let proposal = path("number", .integer(1...Int64.max))
  static let unit = path("unit", .integer(1...Int64(UInt32.max)))
  static let canteen = path("canteen", .integer(1...Int64(UInt32.max)))
  static let caterer = path("caterer", .integer(1...Int64(UInt32.max)))
  static let quarter = path("quarter", .quarter)
  static let voucher = path("voucher", .voucher)
  static let year = path("year", .integer(2000...2099))
  static let upload = path("name", .name)
  /// Of a file that was sent in parts.
  static let digest = query("sha256", .digest)
  static let login = path("login", .name)
}
