import CanteenModel
import TerminalCore
import Testing

@Suite struct PurseSplitTests {
  private static let today: Int32 = 20_780

  @Test("the tranche that ends first pays first, an endless one last, and of two the older (S13)")
  func order() throws {
    let tranches = [
      CoreFixture.tranche(.personal, 900), CoreFixture.tranche(.subsidy, 300, 9),
      CoreFixture.tranche(.subsidy, 100, 4, until: Self.today + 30),
      CoreFixture.tranche(.subsidy, 200, 3, until: Self.today),
      CoreFixture.tranche(.subsidy, 50, 2, until: Self.today + 30),
    ]
    let spends = try PurseSplit.spends(
      of: Fen(700), from: tranches, order: [.subsidy, .personal], on: Self.today)
    #expect(spends?.map(\.tranche.number) == [3, 2, 4, 9, 0])
    #expect(spends?.map(\.amount.value) == [200, 50, 100, 300, 50])
    #expect(spends?.last?.purse == .personal)
  }

  @Test("a tranche pays on its last spending day and not on the day after it (C14)")
  func lastDay() throws {
    let tranche = CoreFixture.tranche(.subsidy, 500, 3, until: Self.today)
    for (day, isPaid) in [(Self.today, true), (Self.today + 1, false)] {
      let spends = try PurseSplit.spends(
        of: Fen(500), from: [tranche], order: [.subsidy, .personal], on: day)
      #expect((spends != nil) == isPaid)
    }
  }

  @Test(
    "a debt counts against every other tranche, and an ended one does not pay it",
    arguments: [(700, true), (701, false)] as [(Int64, Bool)])
  func debt(amount: Int64, isEnough: Bool) throws {
    let tranches = [
      CoreFixture.tranche(.subsidy, -300, 1), CoreFixture.tranche(.personal, 1000),
      CoreFixture.tranche(.subsidy, 5000, 2, until: Self.today - 1),
    ]
    let spends = try PurseSplit.spends(
      of: Fen(amount), from: tranches, order: [.subsidy, .personal], on: Self.today)
    #expect((spends != nil) == isEnough)
    #expect(spends?.map(\.purse) ?? [.personal] == [.personal])
  }

  @Test(
    "what others took is taken from the tranches that they took it from, and the rest is a debt")
  func rest() throws {
    let tranches = [
      CoreFixture.tranche(.personal, 500, 1), CoreFixture.tranche(.subsidy, 300, 2),
      CoreFixture.tranche(.subsidy, 200, 3, until: Self.today),
      CoreFixture.tranche(.subsidy, 900, 4, until: Self.today - 1),
      CoreFixture.tranche(.subsidy, -50, 5),
    ]
    func rest(_ fen: Int64, order: [Purse] = [.subsidy, .personal]) throws -> [Int64] {
      try PurseSplit.rest(of: tranches, without: Fen(fen), order: order, on: Self.today)
        .map(\.amount.value)
    }
    #expect(try rest(0) == [500, 300, 200, 900, -50])
    #expect(try rest(200) == [500, 300, 0, 900, -50])
    #expect(try rest(201) == [500, 299, 0, 900, -50])
    #expect(try rest(1_000) == [0, 0, 0, 900, -50])
    #expect(try rest(1_007) == [0, 0, 0, 900, -50, -7])
    #expect(try rest(7, order: []) == [500, 300, 200, 900, -50, -7])
    let debt = try PurseSplit.rest(of: [], without: Fen(7), order: [.subsidy], on: Self.today)
    #expect(debt == [CoreFixture.tranche(.subsidy, -7, until: .min)])
    let own = try PurseSplit.rest(of: [], without: Fen(7), order: [], on: Self.today)
    #expect(own == [CoreFixture.tranche(.personal, -7, until: .min)])
  }

  @Test("nothing is taken for nothing")
  func free() throws {
    #expect(
      try PurseSplit.spends(of: .zero, from: [], order: [.subsidy, .personal], on: 1) == [])
  }

  @Test("whatever the tranches, the parts sum to the amount and none takes more than there is")
  func sums() throws {
    var random = Seeded(state: 7)
    for _ in 0..<2000 {
      let tranches = (0..<Int64(random.next() % 6)).map { number in
        CoreFixture.tranche(
          random.next() % 2 == 0 ? .subsidy : .personal, Int64(random.next() % 1200) - 200, number,
          until: random.next() % 3 == 0 ? Self.today + Int32(random.next() % 3) - 1 : nil)
      }
      let amount = Fen(Int64(random.next() % 1500))
      let spends = try PurseSplit.spends(
        of: amount, from: tranches, order: [.personal, .subsidy], on: Self.today)
      let account = CoreFixture.account(tranches: tranches)
      let available = try account.available(on: Self.today).total()
      #expect((spends != nil) == (available >= amount))
      guard let spends else { continue }
      #expect(try PurseAmounts(spends).total() == amount)
      for spend in spends {
        let tranche = try #require(
          tranches.first { $0.purse == spend.purse && $0.tranche == spend.tranche })
        #expect(spend.amount > .zero && spend.amount <= tranche.amount)
        #expect(tranche.isOpen(on: Self.today))
      }
    }
  }
}
