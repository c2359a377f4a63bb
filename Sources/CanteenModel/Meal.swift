/// A time of day in which a canteen serves a meal (餐段), and what the fixed-price meal costs.
package struct MealPeriod: Hashable, Sendable, Codable {
  /// The number by which records name the period. 1 or more, unique in a rulebook.
  package let number: UInt8
  package let name: String
  /// Minutes after local midnight, 0...1439; the first minute of the period.
  package let startMinute: Int
  /// Minutes after local midnight, 0...1439; the first minute after the period. Less than
  /// ``startMinute`` when the period crosses midnight.
  package let endMinute: Int
  /// The price of the meal in fixed-price mode (定额). More than zero.
  package let price: Fen

  package init(number: UInt8, name: String, startMinute: Int, endMinute: Int, price: Fen) {
    self.number = number
    self.name = name
    self.startMinute = startMinute
    self.endMinute = endMinute
    self.price = price
  }

  package var crossesMidnight: Bool { endMinute < startMinute }

  /// Whether a minute of the day, 0...1439, lies in the period.
  package func contains(minute: Int) -> Bool {
    crossesMidnight
      ? minute >= startMinute || minute < endMinute : (startMinute..<endMinute).contains(minute)
  }
}

/// One meal: a period on the local day on which it began. Period 0 is the day between its meals.
package struct MealKey: Hashable, Comparable, Sendable, Codable {
  /// Local days since 1970-01-01.
  package let day: Int32
  package let period: UInt8

  package init(day: Int32, period: UInt8) {
    self.day = day
    self.period = period
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.day, left.period) < (right.day, right.period)
  }
}
