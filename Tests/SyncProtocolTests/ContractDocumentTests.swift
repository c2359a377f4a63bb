import Foundation
import SyncProtocol
import Testing

/// What is published of the contract says what the code does: `docs/openapi.json` is held to ``WireRoute``, and
/// its schemas to `sync.proto`.
@Suite struct ContractDocumentTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private typealias Object = [String: Any]

  private static func document(_ path: String) throws -> Object {
    try #require(
      try JSONSerialization.jsonObject(with: Data(text(path).utf8)) as? Object, "\(path)")
  }

  private static func object(_ document: Object, _ path: String...) throws -> Object {
    try path.reduce(document) { object, name in
      try #require(object[name] as? Object, "\(path.joined(separator: " → "))")
    }
  }

  private static let documents: [(String, [WireRoute])] = [
    ("docs/openapi.json", WireRoute.ofCentre), ("docs/openapi-terminal.json", WireRoute.ofTerminal),
    ("docs/openapi-neighbours.json", WireRoute.ofNeighbours),
  ]

  @Test("each document has the routes that are served, and no other", arguments: documents)
  func routes(path: String, routes: [WireRoute]) throws {
    let paths = try Self.object(try Self.document(path), "paths")
    var documented: Set<String> = []
    for (path, item) in paths {
      for method in try #require(item as? Object).keys {
        documented.insert("\(method.uppercased()) \(path)")
      }
    }
    #expect(documented == Set(routes.map { "\($0.method.rawValue) \($0.path)" }))
  }

  @Test("each operation has the bodies, limits and refusals of its route", arguments: documents)
  func operations(path: String, routes: [WireRoute]) throws {
    let document = try Self.document(path)
    for route in routes {
      let operation = try Self.object(
        document, "paths", route.path, route.method.rawValue.lowercased())
      let name = "\(route.method.rawValue) \(route.path)"
      #expect(operation["x-problems"] as? [String] == route.problems.map(\.rawValue), "\(name)")
      let responses = try Self.object(operation, "responses")
      let statuses = Set([200] + route.problems.map(\.status)).map { "\($0)" }
      #expect(Set(responses.keys) == Set(statuses), "\(name)")
      for (status, response) in responses where status != "200" {
        let reference = try #require((response as? Object)?["$ref"] as? String)
        #expect(reference.hasSuffix("#/components/responses/Problem\(status)"), "\(name)")
      }
      try Self.compare(try Self.object(responses, "200", "content"), with: route, name)
      guard let takes = route.takes else {
        #expect(operation["requestBody"] == nil, "\(name)")
        continue
      }
      let content = try Self.object(operation, "requestBody", "content")
      try Self.compare(content, with: takes.message, name)
      let protobuf = try Self.object(content, WireForm.protobuf.mediaType, "schema")
      #expect(protobuf["maxLength"] as? Int == takes.limit, "\(name)")
      let json = try Self.object(content, WireForm.json.mediaType)
      #expect(json["x-limit"] as? Int == WireForm.json.bodyLimit(for: takes.limit), "\(name)")
    }
  }

  private static func compare(_ content: Object, with route: WireRoute, _ name: String) throws {
    switch route.gives {
    case .message(let message): try compare(content, with: message, name)
    case .text(let mediaType): #expect(Array(content.keys) == [mediaType], "\(name)")
    }
  }

  private static func compare(
    _ content: Object, with message: WireMessage, _ name: String
  ) throws {
    #expect(Set(content.keys) == Set(WireForm.allCases.map(\.mediaType)), "\(name)")
    let schema = message == .nothing ? "Nothing" : message.rawValue
    let protobuf = try object(content, WireForm.protobuf.mediaType)
    #expect(protobuf["x-message"] as? String == schema, "\(name)")
    let json = try object(content, WireForm.json.mediaType, "schema")
    let reference = try #require(json["$ref"] as? String)
    #expect(reference.hasSuffix("#/components/schemas/\(schema)"), "\(name)")
  }

  private static let messages: [(message: String, contract: String, document: String)] =
    ["Signed", "Batch", "Enrolment"].map { ($0, "sync", "openapi") }
    + ["Reservation", "ReservationAnswer", "PeerNews"].map { ($0, "peer", "openapi-neighbours") }

  @Test("the schemas have the fields of the messages", arguments: messages)
  func schemas(message: String, contract: String, document: String) throws {
    let contract = try Self.text("Sources/SyncProtocol/Contract/\(contract).proto")
    let start = try #require(contract.range(of: "\nmessage \(message) {\n"))
    let body = contract[start.upperBound...].prefix { $0 != "}" }
    let fields = body.matches(of: /\n  (?:repeated )?\w+ (\w+) = \d+;/).map { match in
      let words = match.1.split(separator: "_")
      return words.dropFirst().reduce(String(words[0])) { $0 + $1.capitalized }
    }
    let schema = try Self.object(
      try Self.document("docs/\(document).json"), "components", "schemas", message, "properties")
    // The first line of the body has no newline before it.
    let first = body.prefix { $0 != "\n" }.firstMatch(of: /^  (?:repeated )?\w+ (\w+) = 1;/)
    let all = Set(fields + (first.map { [String($0.1)] } ?? []))
    #expect(!all.isEmpty && Set(schema.keys) == all)
  }

  @Test("every name of a problem is in the document and in the guide, with its status")
  func problems() throws {
    let problem = try Self.object(
      try Self.document("docs/openapi.json"), "components", "schemas", "Problem", "properties")
    let types = try Self.object(problem, "type")["enum"] as? [String]
    #expect(types == WireProblem.allCases.map(\.uri))
    let statuses = try Self.object(problem, "status")["enum"] as? [Int]
    #expect(Set(statuses ?? []) == Set(WireProblem.allCases.map(\.status)))
    let guide = try Self.text("docs/integration.md")
    for problem in WireProblem.allCases {
      #expect(guide.contains("\n| `\(problem.rawValue)` | \(problem.status) | "), "\(problem)")
    }
  }

  @Test("no route gives a refusal that its answer would not have room for, and none twice")
  func table() {
    for route in WireRoute.ofCentre + WireRoute.ofTerminal + WireRoute.ofNeighbours {
      #expect(Set(route.problems).count == route.problems.count, "\(route.path)")
      #expect(route.problems.contains(.failed), "\(route.path)")
    }
  }
}
