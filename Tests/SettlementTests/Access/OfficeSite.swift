import CanteenModel
import Foundation
import LinkSecurity
import SettlementCore
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@testable import SettlementService

/// Asks the office's listener of a centre.
struct OfficeSite {
  let centre: CentreFixture
  static let password = "a password of some length"
  let code = OneTimeCode()

  /// Somebody with a role over everything that the role may have; they sign in with ``password``.
  func add(_ login: String, _ grants: Grant...) async throws {
    _ = try await centre.books.addPerson(login, name: login)
    for grant in grants {
      _ = try await centre.books.setGrant(grant, of: login, isGranted: true)
    }
    _ = try await centre.books.setSignIn(
      of: login, password: try PasswordHash(of: Self.password, cost: .low).text,
      codeSecret: code.secret)
  }

  /// A session, begun behind the door.
  func token(of login: String) async throws -> OfficeToken {
    let token = OfficeToken()
    let isOpen = try await centre.books.openSession(
      of: login, codeStep: .random(in: 1...1_000_000_000_000), token: token.digest)
    return isOpen ? token : try await self.token(of: login)
  }

  func ask(
    _ method: String, _ path: String, as token: OfficeToken? = nil, _ body: String? = nil,
    type: String = "application/json", fields: [(String, String)] = [],
    showing identity: LinkIdentity? = nil
  ) async throws -> RawAnswer {
    var headers = fields
    if let token { headers.append(("Authorization", "Bearer \(token.text)")) }
    if body != nil { headers.append(("Content-Type", type)) }
    return try await RawCall(
      method: method, path: path, headers: headers, body: Array((body ?? "").utf8)
    ).send(to: centre.officePort, as: identity)
  }

  func signIn(
    _ login: String, _ password: String = password, code: String? = nil
  ) async throws -> RawAnswer {
    let now = self.code.code(at: CentreFixture.now() / OneTimeCode.stepLength)
    return try await ask(
      "POST", "/v1/session",
      #"{"login":"\#(login)","password":"\#(password)","code":"\#(code ?? now)"}"#)
  }

  static func run(
    _ body: sending @escaping (OfficeSite) async throws -> Void
  ) async throws {
    try await CentreFixture.run { centre in try await body(OfficeSite(centre: centre)) }
  }
}

extension OfficeCall {
  /// A request that the table allows, about nothing in particular.
  var sample: (path: String, body: String?, type: String) {
    var path = route.path
    var query: [String] = []
    for parameter in route.parameters {
      let value =
        switch parameter.kind {
        // The greatest proposal is none.
        case .integer(let range):
          "\(path.contains("proposals") ? range.upperBound : range.lowerBound)"
        case .digest: Digest32.zero.description
        case .name: "somebody"
        case .choice(let words): words[0]
        case .quarter: "2026Q4"
        case .voucher: "GW2026-0117"
        case .text: ""
        }
      if parameter.isInPath {
        path = path.replacing("{\(parameter.name)}", with: value)
      } else if parameter.name == "sha256" {
        query.append("\(parameter.name)=\(value)")
      }
    }
    let body =
      switch route.body {
      case nil: String?.none
      case .json(.terminal)?: #"{"name":"一号窗口","canteen":0}"#
      case .json(.grant)?: #"{"role":"bank","scope":"everything"}"#
      case .json(.reason)?: #"{"reason":"no"}"#
      case .json(.match)?: #"{"reference":"A1","purpose":"fee"}"#
      case .json(.bearer)?: #"{"bearer":"fee"}"#
      case .json(.seen)?: "{\"digest\":\"\(Digest32.zero)\"}"
      case .json?, .rulebook?, .policy?: "{}"
      case .csv?, .part?: "nothing"
      }
    return (
      path + (query.isEmpty ? "" : "?" + query.joined(separator: "&")), body,
      route.body?.mediaType ?? ""
    )
  }
}
