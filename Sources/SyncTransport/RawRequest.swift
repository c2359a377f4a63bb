/// A request as somebody wrote it who need not keep to the contract.
package struct RawRequest: Sendable {
  package var method: String
  /// Begins with a slash.
  package var path: String
  package var fields: [(String, String)]
  package var body: [UInt8]

  package init(
    _ method: String, _ path: String, fields: [(String, String)] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.fields = fields
    self.body = body
  }
}

/// An answer as it came.
package struct RawAnswer: Sendable {
  /// That of HTTP.
  package let status: Int
  let fields: [(String, String)]
  /// In seconds, where it was said.
  package let retryAfter: Int?
  package let body: [UInt8]

  /// A field's first value. Its name is written in any case.
  package func field(_ name: String) -> String? {
    fields.first { $0.0.lowercased() == name.lowercased() }?.1
  }

  package var mediaType: String? { field("Content-Type") }

  /// The body, when it is a problem.
  package var problem: Problem? {
    guard mediaType == Problem.mediaType else { return nil }
    // try?: a body that is none is told from one that is.
    return try? Problem(json: body)
  }
}
