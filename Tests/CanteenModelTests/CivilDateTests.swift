import CanteenModel
import Testing

@Suite struct CivilDateTests {
  @Test(
    "days of the calendar are days since 1970",
    arguments: [
      ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-23", 20_780),
      ("0001-01-01", -719_162), ("9999-12-31", 2_932_896),
    ])
  func days(text: String, day: Int32) throws {
    let date = try #require(CivilDate(text))
    #expect(date.day == day)
    #expect(CivilDate(day: day).description == text)
  }

  @Test(
    "what is no day of the calendar is none",
    arguments: [
      "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-01", "26-01-01",
      "2026-01-00", "+026-01-01", "2026/01/01", "0000-01-01", "",
    ])
  func none(text: String) {
    #expect(CivilDate(text) == nil)
  }

  @Test("each day of 800 years follows the one before")
  func order() {
    var before = CivilDate(day: -146_097)
    for day in Int32(-146_096)...146_097 {
      let date = CivilDate(day: day)
      #expect(before < date && date.day == day)
      before = date
    }
  }
}
