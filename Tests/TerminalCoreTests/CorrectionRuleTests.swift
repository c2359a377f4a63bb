import CanteenModel
import TerminalCore
import Testing

@Suite struct CorrectionRuleTests {
  static let clerk = OperatorIdentity(userID: 1000, name: "liu")
  static let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(7))
  static let before = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(6))

  /// ¥5.00 from the tranche that ends first, ¥7.00 from the next, ¥3.00 of the diner's own.
  static let spends = [
    Spend(purse: .subsidy, tranche: TrancheID(4), amount: Fen(500)),
    Spend(purse: .subsidy, tranche: TrancheID(9), amount: Fen(700)),
    Spend(purse: .personal, tranche: .none, amount: Fen(300)),
  ]

  static func sale(
    spends: [Spend] = spends, isGuest: Bool = false, items: [SoldItem] = [],
    place: DecisionPlace = .alone
  ) throws -> SaleRecord {
    try SaleRecord(
      account: AccountID(11), lane: LaneID(1), medium: .card,
      mode: items.isEmpty ? .keyedAmount : .items, slot: MealKey(day: 20_780, period: 2),
      spends: spends, place: place, rulebookVersion: 1, isGuest: isGuest, items: items)
  }

  static func facts(
    _ sale: SaleRecord, earlier: [CorrectionRecord] = [], closedUpTo: JournalPosition = before
  ) -> CorrectionFacts {
    CorrectionFacts(
      original: EarlierSale(
        position: place,
        time: RecordTime(wallMilliseconds: 5, bootMilliseconds: 5, isTrusted: true), sale: sale),
      originalID: .zero, earlier: earlier, closedUpTo: closedUpTo)
  }

  static func request(_ kind: CorrectionKind, _ amount: Int64? = nil) -> CorrectionRequest {
    CorrectionRequest(
      kind: kind, original: place, amount: amount.map { Fen($0) }, by: clerk, note: "冷菜")
  }

  static func corrected(
    _ request: CorrectionRequest, _ facts: CorrectionFacts
  ) throws -> CorrectionRecord {
    guard case .correct(let record) = try CorrectionRule.decide(request, facts) else {
      throw NotCorrected()
    }
    return record
  }

  struct NotCorrected: Error {}

  @Test("a void gives every tranche back what it paid, and the meal is counted no more")
  func void() throws {
    let record = try Self.corrected(Self.request(.void), Self.facts(try Self.sale()))
    #expect(record.returns == Self.spends.reversed())
    #expect(record.total == Fen(1500))
    #expect(record.returned == PurseAmounts(subsidy: Fen(1200), personal: Fen(300)))
    #expect(record.original == Self.place)
    #expect(record.by == Self.clerk)
    #expect(record.note == "冷菜")
    #expect(record.slot == MealKey(day: 20_780, period: 2))
    #expect(
      record.uncounted
        == SaleCounts(
          meals: 1, guests: 0, amount: Fen(1500), alone: 1, aloneAmount: Fen(1500),
          marketAmount: .zero))
  }

  @Test("a refund gives the last payer back first, and the meal stays a meal until all went back")
  func refund() throws {
    let sale = try Self.sale()
    let first = try Self.corrected(Self.request(.refund, 400), Self.facts(sale))
    #expect(
      first.returns == [
        Spend(purse: .personal, tranche: .none, amount: Fen(300)),
        Spend(purse: .subsidy, tranche: TrancheID(9), amount: Fen(100)),
      ])
    #expect(first.uncounted.meals == 0)
    #expect(first.uncounted.aloneAmount == Fen(400))
    let rest = try Self.corrected(Self.request(.refund), Self.facts(sale, earlier: [first]))
    #expect(
      rest.returns == [
        Spend(purse: .subsidy, tranche: TrancheID(9), amount: Fen(600)),
        Spend(purse: .subsidy, tranche: TrancheID(4), amount: Fen(500)),
      ])
    #expect(rest.uncounted.meals == 1)
    #expect(rest.uncounted.alone == 1)
  }

  @Test(
    "a correction never exceeds what is left, and is never nothing",
    arguments: [
      (Int64(1500), CorrectionRefusal?.none), (1501, .moreThanLeft(Fen(1500))),
      (0, .notPositive), (-1, .notPositive), (.max, .moreThanLeft(Fen(1500))),
      (.min, .notPositive),
    ])
  func limits(amount: Int64, refusal: CorrectionRefusal?) throws {
    let decision = try CorrectionRule.decide(
      Self.request(.refund, amount), Self.facts(try Self.sale()))
    if let refusal {
      #expect(decision == .refuse(refusal))
    } else {
      guard case .correct = decision else { throw NotCorrected() }
    }
  }

  @Test(
    "when all went back there is nothing left, for every kind", arguments: CorrectionKind.allCases)
  func nothingLeft(kind: CorrectionKind) throws {
    let sale = try Self.sale()
    let void = try Self.corrected(Self.request(.void), Self.facts(sale))
    #expect(
      try CorrectionRule.decide(Self.request(kind), Self.facts(sale, earlier: [void]))
        == .refuse(.nothingLeft))
  }

  @Test("a void and a reversal take the whole sale, and none of which a part went back")
  func onlyWhole() throws {
    let sale = try Self.sale()
    let part = try Self.corrected(Self.request(.refund, 1), Self.facts(sale))
    for kind in [CorrectionKind.void, .reversal] {
      #expect(
        try CorrectionRule.decide(Self.request(kind, 1499), Self.facts(sale)) == .refuse(.onlyWhole)
      )
      #expect(
        try CorrectionRule.decide(Self.request(kind), Self.facts(sale, earlier: [part]))
          == .refuse(.onlyWhole))
    }
    #expect(try Self.corrected(Self.request(.void, 1500), Self.facts(sale)).total == Fen(1500))
  }

  @Test("after the day was closed a sale is refunded or reversed, not voided")
  func closedDay() throws {
    let facts = Self.facts(try Self.sale(), closedUpTo: Self.place)
    #expect(try CorrectionRule.decide(Self.request(.void), facts) == .refuse(.dayClosed))
    #expect(try Self.corrected(Self.request(.refund), facts).total == Fen(1500))
    #expect(try Self.corrected(Self.request(.reversal), facts).total == Fen(1500))
  }

  @Test("a sale that cost nothing is voided once, and its meal is free again")
  func free() throws {
    let sale = try Self.sale(spends: [])
    let record = try Self.corrected(Self.request(.void), Self.facts(sale))
    #expect(record.returns.isEmpty)
    #expect(record.uncounted.meals == 1)
    #expect(record.uncounted.alone == 0)
    #expect(
      try CorrectionRule.decide(Self.request(.void), Self.facts(sale, earlier: [record]))
        == .refuse(.nothingLeft))
  }

  @Test("goods go back before dishes, and what the centre approved was never alone")
  func marketAndOnline() throws {
    let items = [
      SoldItem(code: ItemCode(5001), category: ItemCategory(1), quantity: 1, price: Fen(900)),
      SoldItem(code: ItemCode(101), category: ItemCategory(0), quantity: 1, price: Fen(600)),
    ]
    let sale = try Self.sale(items: items, place: .online)
    let first = try Self.corrected(Self.request(.refund, 800), Self.facts(sale))
    #expect(first.uncounted.marketAmount == Fen(800))
    #expect(first.uncounted.aloneAmount == .zero)
    let rest = try Self.corrected(Self.request(.refund), Self.facts(sale, earlier: [first]))
    #expect(rest.uncounted.marketAmount == Fen(100))
    #expect(rest.uncounted.alone == 0)
  }

  @Test("a guest's place is free again when all of the guest's meal went back, and not before")
  func guest() throws {
    let sale = try Self.sale(isGuest: true)
    let part = try Self.corrected(Self.request(.refund, 1), Self.facts(sale))
    #expect(part.uncounted.guests == 0)
    #expect(part.uncounted.alone == 0)
    let rest = try Self.corrected(Self.request(.refund), Self.facts(sale, earlier: [part]))
    #expect(rest.uncounted.guests == 1)
    #expect(rest.uncounted.meals == 0)
  }

  @Test("subsidy and own money without tranches are told apart when the rest goes back")
  func withoutTranches() throws {
    let spends = [Purse.subsidy, .personal].map {
      Spend(purse: $0, tranche: .none, amount: Fen(400))
    }
    let sale = try Self.sale(spends: spends)
    let own = try Self.corrected(Self.request(.refund, 400), Self.facts(sale))
    #expect(own.returns == [spends[1]])
    let rest = try Self.corrected(Self.request(.refund), Self.facts(sale, earlier: [own]))
    #expect(rest.returns == [spends[0]])
  }

  @Test("whatever is refunded in whatever parts, each tranche gets back what it paid and no more")
  func parts() throws {
    var random = Seeded(state: 3)
    for _ in 0..<500 {
      let sale = try Self.sale()
      var earlier: [CorrectionRecord] = []
      while true {
        let amount = Int64(1 + random.next() % 900)
        guard
          case .correct(let record) = try CorrectionRule.decide(
            Self.request(.refund, amount), Self.facts(sale, earlier: earlier))
        else { break }
        earlier.append(record)
      }
      let rest = try CorrectionRule.decide(
        Self.request(.refund), Self.facts(sale, earlier: earlier))
      if case .correct(let record) = rest { earlier.append(record) }
      for spend in sale.spends {
        let back = earlier.flatMap(\.returns).filter {
          $0.purse == spend.purse && $0.tranche == spend.tranche
        }.reduce(Int64(0)) { $0 + $1.amount.value }
        #expect(back == spend.amount.value)
      }
      #expect(earlier.reduce(0) { $0 + $1.uncounted.meals } == 1)
    }
  }
}
