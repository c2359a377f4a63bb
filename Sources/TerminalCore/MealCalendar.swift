package import CanteenModel

extension Rulebook {
  /// The local day of a moment, in days since 1970-01-01.
  ///
  /// - Parameter wallMilliseconds: Unix time.
  package func localDay(of wallMilliseconds: Int64) -> Int32 {
    let localMinutes = wallMilliseconds.flooredQuotient(by: 60_000) + Int64(utcOffsetMinutes)
    return Int32(truncatingIfNeeded: localMinutes.flooredQuotient(by: Self.minutesPerDay))
  }

  /// What a sale at a moment is counted for: the meal, or, between meals, the rest of the local day,
  /// which is period 0.
  ///
  /// - Parameter wallMilliseconds: Unix time.
  package func slot(at wallMilliseconds: Int64) -> MealKey {
    meal(at: wallMilliseconds)?.key ?? MealKey(day: localDay(of: wallMilliseconds), period: 0)
  }

  private static let minutesPerDay: Int64 = 1440

  /// The meal that is being served at a moment, and its period; `nil` between meals.
  ///
  /// A period that crosses midnight belongs, after midnight, to the day on which it began.
  ///
  /// - Parameter wallMilliseconds: Unix time.
  package func meal(at wallMilliseconds: Int64) -> (key: MealKey, period: MealPeriod)? {
    let localMinutes =
      wallMilliseconds.flooredQuotient(by: 60_000) + Int64(utcOffsetMinutes)
    let day = localMinutes.flooredQuotient(by: Self.minutesPerDay)
    let minute = Int(localMinutes - day * Self.minutesPerDay)
    guard let period = mealPeriods.first(where: { $0.contains(minute: minute) }) else { return nil }
    let beganYesterday = period.crossesMidnight && minute < period.endMinute
    return (MealKey(day: Int32(beganYesterday ? day - 1 : day), period: period.number), period)
  }
}

extension MealKey {
  /// The first day of the calendar month of ``day``, in days since 1970-01-01.
  package var firstDayOfMonth: Int32 { day - Int32(CivilDate(day: day).dayOfMonth - 1) }
}
