/// An amount of money in fen, a hundredth of a yuan. All arithmetic is checked.
///
/// Range: `Int64`. Negative values are differences; a price or a balance says itself whether it may
/// be negative. There is no conversion from or to floating point.
package struct Fen: Hashable, Comparable, Sendable, Codable {
  package let value: Int64

  package init(_ value: Int64) {
    self.value = value
  }

  package static let zero = Fen(0)

  package static func < (left: Fen, right: Fen) -> Bool {
    left.value < right.value
  }

  /// The sum. Throws ``MoneyError/overflow`` outside of `Int64`.
  package static func + (left: Fen, right: Fen) throws(MoneyError) -> Fen {
    let (sum, overflow) = left.value.addingReportingOverflow(right.value)
    guard !overflow else { throw .overflow }
    return Fen(sum)
  }

  /// The difference. Throws ``MoneyError/overflow`` outside of `Int64`.
  package static func - (left: Fen, right: Fen) throws(MoneyError) -> Fen {
    let (difference, overflow) = left.value.subtractingReportingOverflow(right.value)
    guard !overflow else { throw .overflow }
    return Fen(difference)
  }

  /// So many times the amount. Throws ``MoneyError/overflow`` outside of `Int64`.
  package func times(_ count: Int64) throws(MoneyError) -> Fen {
    let (product, overflow) = value.multipliedReportingOverflow(by: count)
    guard !overflow else { throw .overflow }
    return Fen(product)
  }

  package init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Int64.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// Why an amount could not be computed or read.
package enum MoneyError: Error, Equatable, Sendable {
  /// The result does not fit into 64 bits.
  case overflow
  /// The text is not an amount: yuan with at most two decimals, for example `15` or `15.00`.
  case notAnAmount
}
