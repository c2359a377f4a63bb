/// The descriptors of a configuration, one after the other, from its bytes. One that is cut off ends it.
/// Source: USB 2.0, 9.4.3 and 9.5.
package struct DescriptorWalk: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  /// The descriptors of these bytes.
  package init(_ configuration: [UInt8]) {
    rest = configuration[...]
  }

  /// The next descriptor, 2 bytes or more.
  package mutating func next() -> [UInt8]? {
    guard let length = rest.first, length >= 2, rest.count >= Int(length) else { return nil }
    defer { rest = rest.dropFirst(Int(length)) }
    return Array(rest.prefix(Int(length)))
  }
}
