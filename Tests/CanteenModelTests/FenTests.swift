import CanteenModel
import Testing

@Suite struct FenTests {
  @Test("a sum or a difference outside of 64 bits is refused")
  func overflow() throws {
    #expect(throws: MoneyError.overflow) { try Fen(.max) + Fen(1) }
    #expect(throws: MoneyError.overflow) { try Fen(.min) - Fen(1) }
    #expect(try Fen(.max) + Fen(0) == Fen(.max))
    #expect(try Fen(.min) + Fen(.max) == Fen(-1))
  }

  @Test(
    "yuan are read to the fen",
    arguments: [
      ("15", 1500), ("15.5", 1550), ("15.00", 1500), ("0.01", 1), ("¥3.50", 350), ("-0.05", -5),
      ("92233720368547758.07", Int64.max),
    ])
  func reads(text: String, fen: Int64) throws {
    #expect(try Fen(yuan: text) == Fen(fen))
  }

  @Test(
    "what is not an amount is refused",
    arguments: ["", ".", "1.", ".5", "1.234", "1,000", "1e3", "+5", "--5", "¥", " 5", "５", "1.2.3"])
  func refuses(text: String) {
    #expect(throws: MoneyError.notAnAmount) { try Fen(yuan: text) }
  }

  @Test("an amount that does not fit is refused as such")
  func tooLarge() {
    #expect(throws: MoneyError.overflow) { try Fen(yuan: "92233720368547758.08") }
  }

  @Test(
    "people see grouped thousands and two decimals",
    arguments: [
      (Int64(465_500), "¥4,655.00"), (-5, "-¥0.05"), (0, "¥0.00"), (100_000_000, "¥1,000,000.00"),
      (Int64.min, "-¥92,233,720,368,547,758.08"),
    ])
  func shows(fen: Int64, text: String) {
    #expect(Fen(fen).description == text)
  }

  @Test("what is written plainly is read back", arguments: [Int64(0), 5, -5, 1500, -123_456])
  func roundTrip(fen: Int64) throws {
    #expect(try Fen(yuan: Fen(fen).plainYuan) == Fen(fen))
  }
}
