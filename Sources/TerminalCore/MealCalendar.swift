package import CanteenModel

extension Rulebook {
  /// The meal that is being served at a moment, and its period; `nil` between meals.
  ///
  /// A period that crosses midnight belongs, after midnight, to the day on which it began.
  ///
  /// - Parameter wallMilliseconds: Unix time.
  package func meal(at wallMilliseconds: Int64) -> (key: MealKey, period: MealPeriod)? {
    let minutesPerDay: Int64 = 1440
    let localMinutes =
      wallMilliseconds.flooredQuotient(by: 60_000) + Int64(utcOffsetMinutes)
    let day = localMinutes.flooredQuotient(by: minutesPerDay)
    let minute = Int(localMinutes - day * minutesPerDay)
    guard let period = mealPeriods.first(where: { $0.contains(minute: minute) }) else { return nil }
    let beganYesterday = period.crossesMidnight && minute < period.endMinute
    return (MealKey(day: Int32(beganYesterday ? day - 1 : day), period: period.number), period)
  }
}

extension Int64 {
  /// The quotient, rounded towards minus infinity.
  fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
