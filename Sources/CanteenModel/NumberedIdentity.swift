/// An identity that is one number. In JSON it is that number.
package protocol NumberedIdentity: Hashable, Sendable, Codable {
  associatedtype Number: FixedWidthInteger & Codable & Sendable

  var number: Number { get }

  init(_ number: Number)
}

extension NumberedIdentity {
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(Number.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
  }
}
