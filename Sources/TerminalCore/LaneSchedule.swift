package import CanteenModel

/// How a lane sells, by meal period: breakfast by weight at the till, lunch at a fixed price.
package struct LaneSchedule: Hashable, Sendable {
  /// Between meals, and in periods that are not named.
  package let usual: Lane.Mode
  /// By the number of the meal period.
  package let byPeriod: [UInt8: Lane.Mode]

  package init(usual: Lane.Mode, byPeriod: [UInt8: Lane.Mode] = [:]) {
    self.usual = usual
    self.byPeriod = byPeriod
  }

  /// - Parameter period: The meal period that is being served, `nil` between meals.
  package func mode(in period: MealPeriod?) -> Lane.Mode {
    period.flatMap { byPeriod[$0.number] } ?? usual
  }
}
