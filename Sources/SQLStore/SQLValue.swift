package import Foundation

/// What a column or a parameter holds, in either store.
package enum SQLValue: Hashable, Sendable {
  case null
  /// A truth is 1 or 0.
  case integer(Int64)
  case text(String)
  case bytes(Data)
}

/// What can be bound to a parameter and read from a column.
package protocol SQLConvertible: Sendable {
  var sqlValue: SQLValue { get }
  /// `nil` for NULL, and for what does not fit.
  init?(_ value: SQLValue)
}

extension SQLConvertible where Self: FixedWidthInteger {
  /// `nil` also for a number out of the type's range.
  package init?(_ value: SQLValue) {
    guard case .integer(let number) = value else { return nil }
    self.init(exactly: number)
  }
}

extension Int64: SQLConvertible {
  package var sqlValue: SQLValue { .integer(self) }
}

extension Int32: SQLConvertible {
  package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Int: SQLConvertible {
  package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension UInt8: SQLConvertible {
  package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension UInt16: SQLConvertible {
  package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension UInt32: SQLConvertible {
  package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Bool: SQLConvertible {
  package var sqlValue: SQLValue { .integer(self ? 1 : 0) }

  /// Every number but 0 is true.
  package init?(_ value: SQLValue) {
    guard case .integer(let number) = value else { return nil }
    self = number != 0
  }
}

extension String: SQLConvertible {
  package var sqlValue: SQLValue { .text(self) }

  /// `nil` for what is no text.
  package init?(_ value: SQLValue) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
}

extension Data: SQLConvertible {
  package var sqlValue: SQLValue { .bytes(self) }

  /// `nil` for what are no bytes.
  package init?(_ value: SQLValue) {
    guard case .bytes(let bytes) = value else { return nil }
    self = bytes
  }
}

/// The values of a statement's parameters, in their order; `nil` is NULL.
package struct SQLArguments: ExpressibleByArrayLiteral, Sendable {
  package var values: [SQLValue]

  /// As many as the statement has question marks.
  package init(arrayLiteral values: (any SQLConvertible)?...) {
    self.values = values.map { $0?.sqlValue ?? .null }
  }

  /// As many as the statement has question marks.
  package init(_ values: [SQLValue]) {
    self.values = values
  }

  /// Both, one behind the other.
  package static func + (left: Self, right: Self) -> Self {
    Self(left.values + right.values)
  }
}
