package import CanteenModel

/// When the write-ahead log is moved into the file: rarely, because a lying disk can corrupt the file
/// only then; and only while nobody presents a card.
package struct CheckpointPolicy: Sendable {
  private var meal: UInt8?
  private var hasMealEnded = false

  package init() {}

  /// Looks at the moment.
  ///
  /// - Parameter meal: The period that is being served.
  /// - Returns: Beyond which size of the log it is moved now, in bytes: 4 MiB, or any after a meal;
  ///   `nil` while cards come.
  package mutating func limit(in meal: MealPeriod?, isIdle: Bool) -> Int? {
    if let before = self.meal, meal?.number != before { hasMealEnded = true }
    self.meal = meal?.number
    guard isIdle else { return nil }
    defer { hasMealEnded = false }
    return hasMealEnded ? 0 : Journal.checkpointBytes
  }
}
