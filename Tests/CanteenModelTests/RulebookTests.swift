import CanteenModel
import Testing

@Suite struct RulebookTests {
  @Test("a rulebook within every range is accepted, at both ends of each")
  func accepts() throws {
    try Self.rulebook().validate()
    try Self.rulebook(singleLimit: 10_000_000, salesPerMeal: 1000, guardSeconds: 600).validate()
    try Self.rulebook(singleLimit: 1500, salesPerMeal: 1, guardSeconds: 0).validate()
  }

  @Test("a number outside of its range is refused, and the field is named")
  func ranges() {
    let wrong = [
      Self.rulebook(version: 0), Self.rulebook(singleLimit: 0),
      Self.rulebook(singleLimit: 10_000_001),
      Self.rulebook(salesPerMeal: 0), Self.rulebook(salesPerMeal: 1001),
      Self.rulebook(guardSeconds: -1), Self.rulebook(guardSeconds: 601),
      Self.rulebook(offset: 841), Self.rulebook(periods: []),
      Self.rulebook(periods: [Self.period(1, 600, 600)]),
      Self.rulebook(periods: [Self.period(1, 600, 1440)]),
      Self.rulebook(periods: [Self.period(0, 600, 700)]),
      Self.rulebook(periods: [Self.period(1, 600, 700, price: 0)]),
      Self.rulebook(singleLimit: 1499),
    ]
    for rulebook in wrong {
      #expect {
        try rulebook.validate()
      } throws: { error in
        if case RulebookError.outOfRange = error { true } else { false }
      }
    }
  }

  @Test("a rulebook without a legal basis is refused (C15)")
  func legalBasis() {
    #expect(throws: RulebookError.noLegalBasis) { try Self.rulebook(basis: "").validate() }
  }

  @Test(
    "the spend order names each purse once (C3)",
    arguments: [[], [.subsidy], [.subsidy, .subsidy]] as [[Purse]])
  func spendOrder(order: [Purse]) {
    #expect(throws: RulebookError.spendOrderIncomplete) {
      try Self.rulebook(order: order).validate()
    }
  }

  @Test("meal periods do not share a minute, not even over midnight")
  func overlap() throws {
    try Self.rulebook(periods: [Self.period(1, 600, 700), Self.period(2, 700, 800)]).validate()
    try Self.rulebook(periods: [Self.period(1, 1320, 120), Self.period(2, 120, 800)]).validate()
    for second in [Self.period(2, 699, 800), Self.period(2, 500, 601), Self.period(1, 800, 900)] {
      #expect(throws: RulebookError.periodsOverlap(1, second.number)) {
        try Self.rulebook(periods: [Self.period(1, 600, 700), second]).validate()
      }
    }
    #expect(throws: RulebookError.periodsOverlap(1, 2)) {
      try Self.rulebook(periods: [Self.period(1, 1320, 120), Self.period(2, 60, 800)]).validate()
    }
  }

  static func period(_ number: UInt8, _ start: Int, _ end: Int, price: Int64 = 1500) -> MealPeriod {
    MealPeriod(number: number, name: "餐", startMinute: start, endMinute: end, price: Fen(price))
  }

  static func rulebook(
    version: Int64 = 1, basis: String = "测试", offset: Int = 480,
    periods: [MealPeriod] = [period(1, 600, 700)], order: [Purse] = [.subsidy, .personal],
    singleLimit: Int64 = 10_000, salesPerMeal: Int = 2, guardSeconds: Int = 60
  ) -> Rulebook {
    Rulebook(
      version: version, legalBasis: basis, utcOffsetMinutes: offset, mealPeriods: periods,
      spendOrder: order, singleLimit: Fen(singleLimit), salesPerMeal: salesPerMeal,
      repeatGuardSeconds: guardSeconds)
  }
}
