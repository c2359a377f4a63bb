import CanteenModel
import TerminalCore

/// Values for the core's tests. Noon is 2026-11-23 12:00 in China.
enum CoreFixture {
  static let noon: Int64 = 1_795_406_400_000

  static let rulebook = Rulebook(
    version: 7, legalBasis: "测试〔2026〕1号", utcOffsetMinutes: 480,
    mealPeriods: [
      MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500)),
      MealPeriod(number: 4, name: "夜宵", startMinute: 1320, endMinute: 60, price: Fen(800)),
    ], spendOrder: [.subsidy, .personal], singleLimit: Fen(10_000), salesPerMeal: 2,
    repeatGuardSeconds: 60)

  static let card = Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])
  static let reader = ReaderID(port: "1-2")
  static let presentation = Presentation(medium: .card, credential: card, reader: reader)

  static func time(_ milliseconds: Int64 = noon) -> RecordTime {
    RecordTime(wallMilliseconds: milliseconds, bootMilliseconds: 0, isTrusted: true)
  }

  static func request(
    _ price: SalePrice = .mealPeriod, lane: UInt16 = 1, mayCharge: Bool = true
  ) -> SaleRequest {
    SaleRequest(
      lane: LaneID(lane), medium: .card, credential: card, price: price, mayCharge: mayCharge)
  }

  static func account(
    subsidy: Int64 = 0, personal: Int64 = 0, status: AccountStatus = .active, sales: Int = 0,
    recent: [EarlierSale] = [], unlit: [EarlierSale] = []
  ) -> AccountView {
    AccountView(
      account: AccountID(11), maskedName: "王*明", status: status,
      available: PurseAmounts(subsidy: Fen(subsidy), personal: Fen(personal)),
      salesThisMeal: sales, recentSales: recent, unlitSales: unlit)
  }

  static func sale(_ fen: Int64, mode: SaleMode = .fixedPrice, lane: UInt16 = 1) -> SaleRecord {
    SaleRecord(
      account: AccountID(11), lane: LaneID(lane), medium: .card, mode: mode,
      meal: MealKey(day: 20_780, period: 2), paid: PurseAmounts(subsidy: Fen(fen)), place: .alone,
      rulebookVersion: 7)
  }

  static func earlier(_ sale: SaleRecord, sequence: UInt64 = 5) -> EarlierSale {
    EarlierSale(
      position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(sequence)),
      time: time(noon - 1), sale: sale)
  }
}
