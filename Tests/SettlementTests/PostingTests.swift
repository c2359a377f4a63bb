import CanteenModel
import SettlementCore
import Testing

@Suite struct PostingTests {
  static let terminal = TerminalID(3)

  static func posting(_ sale: SaleRecord, isKnown: Bool = true) -> Posting {
    Posting(
      of: TestTerminal.record(.sale(sale)), terminal: terminal, isKnownAccount: isKnown)
  }

  @Test("a sale takes from each purse that paid and gives the sum to the canteen")
  func sale() {
    let posting = Self.posting(TestTerminal.sale(1, subsidy: 1200, personal: 300))
    #expect(posting.standing == .posted)
    #expect(
      posting.legs == [
        Leg(.purse(AccountID(1), .subsidy), Fen(-1200)),
        Leg(.purse(AccountID(1), .personal), Fen(-300)),
        Leg(.payable(Self.terminal), Fen(1500)),
      ])
    #expect(posting.charged == AccountID(1))
  }

  @Test("a sale of an unknown account is paid to the canteen from suspense")
  func unknownAccount() {
    let posting = Self.posting(TestTerminal.sale(9, subsidy: 1500), isKnown: false)
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
  func limits(fen: Int64, standing: Posting.Standing, legs: Int) {
    let posting = Self.posting(TestTerminal.sale(1, subsidy: fen))
    #expect(posting.standing == standing)
    #expect(posting.legs.count == legs)
  }

  @Test("purses whose sum does not fit into 64 bits are held in suspense, nothing is booked")
  func overflow() {
    let posting = Self.posting(TestTerminal.sale(1, subsidy: .max, personal: 1))
    #expect(posting.standing == .suspense(.absurdAmount))
    #expect(posting.legs.isEmpty)
  }

  @Test(
    "a sale of nothing, or with a negative part, is held in suspense and books nothing",
    arguments: [(Int64(0), Int64(0)), (-1, 2), (2, -1)])
  func notPositive(subsidy: Int64, personal: Int64) {
    let posting = Self.posting(TestTerminal.sale(1, subsidy: subsidy, personal: personal))
    #expect(posting.standing == .suspense(.amountNotPositive))
    #expect(posting.legs.isEmpty)
    #expect(posting.charged == AccountID(1))
  }

  @Test("a record that cannot be read is held in suspense and charges nobody")
  func unreadable() {
    let posting = Posting(of: nil, terminal: Self.terminal, isKnownAccount: false)
    #expect(posting.standing == .suspense(.unreadable))
    #expect(posting.legs.isEmpty)
    #expect(posting.charged == nil)
  }

  @Test("a decline and the opening of an epoch have nothing to post, and charge nobody")
  func nothingToPost() {
    let bodies: [JournalRecord.Body] = [
      .decline(TestTerminal.decline(1)),
      .epochOpened(EpochOpened(previous: nil, previousHead: .zero)),
    ]
    for body in bodies {
      let posting = Posting(
        of: TestTerminal.record(body), terminal: Self.terminal, isKnownAccount: true)
      #expect(posting.standing == .nothingToPost)
      #expect(posting.legs.isEmpty)
      #expect(posting.charged == nil)
    }
  }

  @Test("the legs of every posting sum to zero", arguments: 0..<20)
  func sumsToZero(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let amounts: [Int64] = [
      0, 1, 1500, Posting.largestSale.value, Posting.largestSale.value + 1,
      Posting.largestBookable.value, .max, .min, -1,
    ]
    for _ in 0..<200 {
      let sale = TestTerminal.sale(
        Int64.random(in: 1...3, using: &generator),
        subsidy: amounts.randomElement(using: &generator) ?? 0,
        personal: amounts.randomElement(using: &generator) ?? 0)
      let posting = Self.posting(sale, isKnown: Bool.random(using: &generator))
      let sum = try posting.legs.reduce(Fen.zero) { try $0 + $1.amount }
      #expect(sum == .zero, "\(sale)")
    }
  }

  @Test("an opening balance comes from the import's funding, and an empty one books nothing")
  func opening() throws {
    let legs = try Posting.openingLegs(
      of: AccountID(1), PurseAmounts(subsidy: Fen(200), personal: Fen(50)))
    let sum = try legs.reduce(Fen.zero) { try $0 + $1.amount }
    #expect(sum == .zero)
    #expect(legs.last == Leg(.openingFunding, Fen(-250)))
    #expect(try Posting.openingLegs(of: AccountID(1), .zero).isEmpty)
  }

  @Test("every ledger account reads back from its key, and nothing else is one")
  func keys() {
    let accounts: [LedgerAccount] = [
      .purse(AccountID(17), .subsidy), .purse(AccountID(17), .personal), .payable(TerminalID(3)),
      .openingFunding, .suspense,
    ]
    for account in accounts { #expect(LedgerAccount(key: account.key) == account) }
    for text in ["", "purse:17", "purse:017:subsidy", "payable:operator:3", "suspense:", "x"] {
      #expect(LedgerAccount(key: text) == nil, "\(text)")
    }
  }
}
