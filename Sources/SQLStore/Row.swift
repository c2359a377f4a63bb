/// A row that a statement gave.
package struct Row: Sendable {
  /// The same for every row of an answer.
  /// Of the columns, in their order.
  package let names: [String]
  package let values: [SQLValue]

  init(names: [String], values: [SQLValue]) {
    self.names = names
    self.values = values
  }

  /// What a column holds; `nil` for NULL, and for what does not fit.
  ///
  /// - Precondition: The statement has such a column.
  package subscript<Value: SQLConvertible>(_ column: String) -> Value? {
    Value(self[value: column])
  }

  private subscript(value column: String) -> SQLValue {
    guard let place = names.firstIndex(of: column) else {
      preconditionFailure("the statement has no column \(column)")
    }
    return values[place]
  }
}
