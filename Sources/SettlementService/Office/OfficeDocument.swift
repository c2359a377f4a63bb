import Foundation
import SettlementCore

/// What is published of the office's listener, made from ``OfficeCall``: `docs/openapi-office.json` and `docs/access.md`
/// are this, and a test holds them to it.
package enum OfficeDocument {
  private typealias Object = [String: Any]

  /// OpenAPI 3.1, in JSON.
  package static func openAPI() throws -> String {
    var paths: [String: Object] = [:]
    for call in OfficeCall.allCases {
      let route = call.route
      paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(call, route)
    }
    let document: Object = [
      "openapi": "3.1.0",
      "info": [
        "title": "Canteen centre: the office", "version": "1",
        "description":
          "What people and programs of the programme's offices may ask of the books. Who may do what: docs/access.md.",
      ],
      "servers": [["url": "https://centre.example.org:8710"]],
      "paths": paths,
      "components": [
        "schemas": schemas, "responses": problems,
        "securitySchemes": [
          "bearer": ["type": "http", "scheme": "bearer"],
          "cookie": ["type": "apiKey", "in": "cookie", "name": OfficeToken.cookie],
          "certificate": ["type": "mutualTLS"],
        ],
      ],
    ]
    let bytes = try JSONSerialization.data(
      withJSONObject: document, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  private static func operation(_ call: OfficeCall, _ route: OfficeRoute) -> Object {
    var responses: [String: Object] = [
      "\(route.status)": [
        "description": route.proposes ? "Proposed: somebody else decides" : "Done",
        "content": [mediaType(of: route): ["schema": reference(route.gives.rawValue)]],
      ]
    ]
    for problem in route.problems {
      responses["\(problem.status)"] = [
        "$ref": "#/components/responses/Problem\(problem.status)"
      ]
    }
    var operation: Object = [
      "operationId": call.rawValue, "summary": route.summary, "x-verb": route.verb.rawValue,
      "responses": responses,
      "parameters": route.parameters.map { parameter in
        [
          "name": parameter.name, "in": parameter.isInPath ? "path" : "query",
          "required": parameter.isInPath || parameter.name == "sha256",
          "schema": schema(of: parameter.kind),
        ] as Object
      },
    ]
    if route.verb.rule.caller != .anybody {
      operation["security"] = [["bearer": []], ["cookie": []], ["certificate": []]]
    }
    if let body = route.body {
      operation["requestBody"] = [
        "required": true,
        "content": [body.mediaType: ["schema": schema(of: body), "x-limit": body.limit]],
      ]
    }
    return operation
  }

  /// Without its parameters.
  private static func mediaType(of route: OfficeRoute) -> String {
    String(route.gives.mediaType.prefix { $0 != ";" })
  }

  private static var problems: Object {
    var responses: Object = [:]
    for (status, problems) in Dictionary(grouping: OfficeProblem.allCases, by: \.status) {
      responses["Problem\(status)"] = [
        "description": problems.map(\.rawValue).joined(separator: ", "),
        "content": ["application/problem+json": ["schema": reference("Problem")]],
      ]
    }
    return responses
  }

  private static func reference(_ name: String) -> Object {
    ["$ref": "#/components/schemas/\(name)"]
  }

  private static func schema(of body: OfficeRoute.Body) -> Object {
    switch body {
    case .json(let schema): reference(schema.rawValue)
    case .rulebook: ["type": "object", "description": "As docs/rules.md says"]
    case .policy:
      ["type": "object", "description": "As canteen-settlement policy set --help says"]
    case .csv: ["type": "string"]
    case .part: ["type": "string", "format": "binary"]
    }
  }

  private static func schema(of kind: OfficeRoute.Parameter.Kind) -> Object {
    switch kind {
    case .integer(let range):
      ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
    case .digest: ["type": "string", "pattern": "^[0-9a-f]{64}$"]
    case .name: ["type": "string", "pattern": "^[a-z][a-z0-9.-]{1,31}$"]
    case .choice(let words): ["type": "string", "enum": words]
    case .voucher: ["type": "string", "pattern": "^[A-Z0-9-]{6,32}$"]
    case .quarter: ["type": "string", "pattern": "^20[0-9]{2}Q[1-4]$"]
    case .text(let limit):
      ["type": "string", "maxLength": limit, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"]
    }
  }

  private static func object(_ fields: [(String, Object, Bool)]) -> Object {
    [
      "type": "object", "properties": Dictionary(uniqueKeysWithValues: fields.map { ($0.0, $0.1) }),
      "required": fields.filter(\.2).map(\.0),
    ]
  }

  private static var text: Object { ["type": "string"] }
  private static var number: Object { ["type": "integer"] }
  private static var texts: Object { ["type": "array", "items": ["type": "string"]] }

  private static var schemas: Object {
    [
      "SignIn": object([
        ("login", text, true), ("password", text, true), ("code", text, true),
        ("isProgram", ["type": "boolean"], false),
      ]),
      "NewPassword": object([("password", text, true), ("newPassword", text, true)]),
      "Terminal": object([
        ("name", text, true),
        ("canteen", ["type": "integer", "minimum": 0, "maximum": Int64(UInt32.max)], true),
        ("pullURL", text, false),
      ]),
      "Grant": object([
        ("role", ["type": "string", "enum": Role.allCases.map(\.rawValue)], true),
        ("scope", text, true),
      ]),
      "Reason": object([("reason", text, true)]),
      "Session": object([
        ("login", text, true), ("name", text, true), ("grants", texts, true),
        ("csrf", text, false), ("token", text, false),
      ]),
      "Proposal": object([
        ("number", number, true), ("verb", text, true), ("subject", text, true),
        ("unit", number, false), ("preview", text, true), ("proposer", text, true),
        ("proposedMilliseconds", number, true),
        ("state", text, true), ("decider", text, false), ("decidedMilliseconds", number, false),
        ("reason", text, false),
      ]),
      "Progress": object([
        ("name", text, true), ("parts", ["type": "array", "items": ["type": "integer"]], true),
        ("bytes", number, true),
      ]),
      "Page": object([
        ("rows", ["type": "array", "items": ["type": "object"]], true), ("next", number, false),
      ]),
      "List": ["type": "array", "items": ["type": "object"]],
      "Anything": ["type": "object"],
      "Match": object([("reference", text, true), ("purpose", text, true)]),
      "OfficialMeal": object([
        ("number", ["type": "string", "pattern": "^[A-Z0-9-]{6,32}$"], true),
        ("letter", text, true), ("guests", text, true), ("heads", number, true),
        ("account", number, true), ("canteen", number, true), ("day", text, true),
        ("period", number, true),
      ]),
      "Bearer": object([("bearer", text, true)]),
      "Seen": object([
        ("digest", ["type": "string", "pattern": "^[0-9a-f]{64}$"], true)
      ]),
      "Csv": text,
      "File": ["type": "string", "format": "binary"],
      "Problem": object([
        ("type", text, true), ("title", text, true), ("status", number, true),
        ("detail", text, true), ("remedy", text, true),
        ("errors", ["type": "array", "items": reference("Place")], false),
      ]),
      "Place": object([("row", number, true), ("column", text, false), ("message", text, true)]),
    ]
  }
}
