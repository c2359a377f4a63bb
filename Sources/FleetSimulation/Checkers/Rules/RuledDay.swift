import CanteenModel

/// Which day and which meal a moment is, by the rulebook's own words.
///
/// The files of this folder state the rules of a terminal a second time, from docs/rules.md, the programme's numbers
/// (S, C) and ARCHITECTURE.md, so that each answer of `TerminalCore` is compared with theirs (I16). They share the
/// words of `CanteenModel` and the types of answers with it, and call nothing of it that decides.
struct RuledDay {
  /// The local day, in days since 1970-01-01, and the millisecond of it.
  let day: Int64
  /// The meal that is served, and the day on which it began; `nil` between meals.
  let meal: (period: MealPeriod, day: Int64)?

  private static let milliseconds: Int64 = 86_400_000

  /// - Parameter wall: Unix time in milliseconds.
  init(_ wall: Int64, _ rulebook: Rulebook) {
    let local = wall + Int64(rulebook.utcOffsetMinutes) * 60_000
    var (days, rest) = local.quotientAndRemainder(dividingBy: Self.milliseconds)
    if rest < 0 { (days, rest) = (days - 1, rest + Self.milliseconds) }
    var served: (MealPeriod, Int64)?
    for period in rulebook.mealPeriods where served == nil {
      let (start, end) = (Int64(period.startMinute) * 60_000, Int64(period.endMinute) * 60_000)
      if start < end {
        if rest >= start, rest < end { served = (period, days) }
      } else if rest >= start {
        served = (period, days)
      } else if rest < end {
        // It began before midnight.
        served = (period, days - 1)
      }
    }
    (day, meal) = (days, served)
  }

  /// What a sale of the moment counts for: between meals the day itself, which is period 0.
  var slot: MealKey {
    guard let meal else { return MealKey(day: Int32(truncatingIfNeeded: day), period: 0) }
    return MealKey(day: Int32(truncatingIfNeeded: meal.day), period: meal.period.number)
  }

  /// The first day of the calendar month of a day, counted from 1970 on.
  static func firstOfMonth(_ day: Int64) -> Int64 {
    var (first, year) = (Int64(0), 1970)
    while first + (isLeap(year) ? 366 : 365) <= day {
      first += isLeap(year) ? 366 : 365
      year += 1
    }
    for length in [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30] as [Int64] {
      guard first + length <= day else { break }
      first += length
    }
    return first
  }

  private static func isLeap(_ year: Int) -> Bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
  }
}
