import CanteenModel
import SeededRandom
import SettlementCore
import Testing

@Suite struct PostingTests {
  static let terminal = TerminalID(3)

  static func posting(_ sale: SaleRecord, isKnown: Bool = true) throws -> Posting {
    try Posting(
      of: TestTerminal.record(.sale(sale)), terminal: terminal, isKnownAccount: isKnown)
  }

  @Test("a sale takes from each purse that paid and gives the sum to the canteen")
  func sale() throws {
    let posting = try Self.posting(try TestTerminal.sale(1, subsidy: 1200, personal: 300))
    #expect(posting.standing == .posted)
    #expect(
      posting.legs == [
        Leg(.purse(AccountID(1), .subsidy, .none), Fen(-1200)),
        Leg(.purse(AccountID(1), .personal, .none), Fen(-300)),
        Leg(.payable(Self.terminal), Fen(1500)),
      ])
    #expect(posting.charged == AccountID(1))
  }

  @Test("a sale of an unknown account is paid to the canteen from suspense")
  func unknownAccount() throws {
    let posting = try Self.posting(try TestTerminal.sale(9, subsidy: 1500), isKnown: false)
    #expect(posting.standing == .suspense(.unknownAccount))
    #expect(
      posting.legs == [Leg(.suspense, Fen(-1500)), Leg(.payable(Self.terminal), Fen(1500))])
    #expect(posting.charged == AccountID(9))
  }

  @Test(
    "¥100,000.00 is posted, a fen more is held in suspense, above ten billion yuan nothing books",
    arguments: [
      (Posting.largestSale.value, Posting.Standing.posted, 2),
      (Posting.largestSale.value + 1, .suspense(.absurdAmount), 2),
      (Posting.largestBookable.value, .suspense(.absurdAmount), 2),
      (Posting.largestBookable.value + 1, .suspense(.absurdAmount), 0),
      (Int64.max, .suspense(.absurdAmount), 0),
    ])
  func limits(fen: Int64, standing: Posting.Standing, legs: Int) throws {
    let posting = try Self.posting(try TestTerminal.sale(1, subsidy: fen))
    #expect(posting.standing == standing)
    #expect(posting.legs.count == legs)
  }

  @Test("each tranche that paid has a leg of its own, so that its lineage is kept (C1)")
  func tranches() throws {
    let sale = try SaleRecord(
      account: AccountID(1), lane: LaneID(1), medium: .card, mode: .fixedPrice,
      slot: MealKey(day: 1, period: 0),
      spends: [
        Spend(purse: .subsidy, tranche: TrancheID(4), amount: Fen(300)),
        Spend(purse: .subsidy, tranche: TrancheID(9), amount: Fen(1200)),
      ], place: .alone, rulebookVersion: 1)
    #expect(
      try Self.posting(sale).legs == [
        Leg(.purse(AccountID(1), .subsidy, TrancheID(4)), Fen(-300)),
        Leg(.purse(AccountID(1), .subsidy, TrancheID(9)), Fen(-1200)),
        Leg(.payable(Self.terminal), Fen(1500)),
      ])
  }

  @Test("a meal that was counted, or was free, has nothing to post")
  func free() throws {
    let sale = try SaleRecord(
      account: AccountID(1), lane: LaneID(1), medium: .card, mode: .countOnly,
      slot: MealKey(day: 1, period: 2), spends: [], place: .alone, rulebookVersion: 1)
    #expect(try Self.posting(sale).standing == .nothingToPost)
    #expect(try Self.posting(sale).legs.isEmpty)
  }

  @Test(
    "a sale with a part that is not positive is held in suspense and books nothing",
    arguments: [(Int64(-1), Int64(2)), (2, -1)])
  func notPositive(subsidy: Int64, personal: Int64) throws {
    let posting = try Self.posting(try TestTerminal.sale(1, subsidy: subsidy, personal: personal))
    #expect(posting.standing == .suspense(.amountNotPositive))
    #expect(posting.legs.isEmpty)
    #expect(posting.charged == AccountID(1))
  }

  @Test("a record that cannot be read is held in suspense and charges nobody")
  func unreadable() throws {
    let posting = try Posting(of: nil, terminal: Self.terminal, isKnownAccount: false)
    #expect(posting.standing == .suspense(.unreadable))
    #expect(posting.legs.isEmpty)
    #expect(posting.charged == nil)
  }

  @Test("a decline and the opening of an epoch have nothing to post, and charge nobody")
  func nothingToPost() throws {
    let bodies: [JournalRecord.Body] = [
      .decline(TestTerminal.decline(1)),
      .epochOpened(EpochOpened(previous: nil, previousHead: .zero)),
    ]
    for body in bodies {
      let posting = try Posting(
        of: TestTerminal.record(body), terminal: Self.terminal, isKnownAccount: true)
      #expect(posting.standing == .nothingToPost)
      #expect(posting.legs.isEmpty)
      #expect(posting.charged == nil)
    }
  }

  @Test("the legs of every posting sum to zero", arguments: 0..<20)
  func sumsToZero(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let amounts: [Int64] = [
      0, 1, 1500, Posting.largestSale.value, Posting.largestSale.value + 1,
      Posting.largestBookable.value, .max, .min, -1,
    ]
    for _ in 0..<200 {
      // try?: a sale whose parts do not sum cannot be made.
      let sale = try? TestTerminal.sale(
        Int64.random(in: 1...3, using: &generator),
        subsidy: amounts.randomElement(using: &generator) ?? 0,
        personal: amounts.randomElement(using: &generator) ?? 0)
      guard let sale else { continue }
      let posting = try Self.posting(sale, isKnown: Bool.random(using: &generator))
      let sum = try posting.legs.reduce(Fen.zero) { try $0 + $1.amount }
      #expect(sum == .zero, "\(sale)")
    }
  }

  @Test("an opening balance comes from the import's funding, and an empty one books nothing")
  func opening() throws {
    let legs = try Posting.openingLegs(
      of: AccountID(1), PurseAmounts(subsidy: Fen(200), personal: Fen(50)).withoutTranches)
    let sum = try legs.reduce(Fen.zero) { try $0 + $1.amount }
    #expect(sum == .zero)
    #expect(legs.last == Leg(.openingFunding, Fen(-250)))
    #expect(try Posting.openingLegs(of: AccountID(1), []).isEmpty)
  }

  @Test("every ledger account reads back from its key, and nothing else is one")
  func keys() {
    let accounts: [LedgerAccount] = [
      .purse(AccountID(17), .subsidy, TrancheID(4)), .purse(AccountID(17), .personal, .none),
      .payable(TerminalID(3)), .openingFunding, .suspense,
    ]
    for account in accounts { #expect(LedgerAccount(key: account.key) == account) }
    for text in [
      "", "purse:17:subsidy", "purse:017:subsidy:4", "payable:operator:3", "suspense:", "x",
    ] {
      #expect(LedgerAccount(key: text) == nil, "\(text)")
    }
  }
}
