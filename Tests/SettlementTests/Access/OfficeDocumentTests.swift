import Foundation
import SettlementCore
import SettlementService
import SettlementStore
import Testing

/// What is published of the office's listener is what it does.
@Suite struct OfficeDocumentTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test("docs/access.md says who may do what: canteen-settlement access >docs/access.md")
  func access() throws {
    #expect(try Self.text("docs/access.md") == OfficeDocument.access())
  }

  @Test(
    "docs/openapi-office.json has the routes: canteen-settlement access --openapi >docs/openapi-office.json"
  )
  func openAPI() throws {
    #expect(try Self.text("docs/openapi-office.json") == (try OfficeDocument.openAPI()))
  }

  @Test(
    "no two calls have one route, every verb has one, and every listing is served under its own verb"
  )
  func table() {
    let routes = OfficeCall.allCases.map(\.route)
    #expect(Set(routes.map { "\($0.method.rawValue) \($0.path)" }).count == routes.count)
    #expect(Set(routes.map(\.verb)) == Set(Verb.allCases))
    for listing in OfficeListing.allCases {
      let serving = routes.filter { route in
        route.parameters.contains { parameter in
          if parameter.name == "table", case .choice(let words) = parameter.kind {
            words.contains(listing.rawValue)
          } else {
            false
          }
        }
      }
      #expect(serving.map(\.verb) == [listing.verb], "\(listing)")
    }
  }

  @Test(
    "a route that answers GET changes nothing, but for where its verb is judged by what follows")
  func readings() {
    for call in OfficeCall.allCases where call != .accountsProgress {
      let route = call.route
      let mayChange =
        route.method != .get
        && ![.previewRulebook, .previewUnitRules].contains(route.verb)
      #expect(route.verb.rule.isAct == mayChange, "\(call)")
    }
  }
}
