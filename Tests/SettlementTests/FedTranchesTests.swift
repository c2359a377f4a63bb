import CanteenModel
import SettlementCore
import Testing

/// What of many tranches a terminal is fed: a row that is too long would stop its feed for ever.
@Suite("The tranches of a row")
struct FedTranchesTests {
  private static let yesterday: Int32 = 100

  private func subsidy(_ number: Int64, _ fen: Int64, until day: Int32?) -> TrancheBalance {
    TrancheBalance(
      purse: .subsidy, tranche: TrancheID(number), amount: Fen(fen), lastSpendingDay: day)
  }

  private let own = TrancheBalance(
    purse: .personal, tranche: .none, amount: Fen(700), lastSpendingDay: nil)

  @Test(
    "as many as a terminal takes are fed as they are; one that is spent until its last day has gone by"
  )
  func asTheyAre() throws {
    let all =
      (1...29).map { subsidy($0, 5, until: 200) } + [
        own, subsidy(30, 0, until: 100), subsidy(31, -4, until: 50),
      ]
    #expect(all.count == AccountSnapshot.trancheLimit)
    #expect(try FedTranches.of(all, after: Self.yesterday) == all)
    let gone = subsidy(33, 0, until: 99)
    #expect(try FedTranches.of([own, gone], after: Self.yesterday) == [own])
  }

  @Test("what has ended takes no place from what can be spent, however much of it was never closed")
  func endedLast() throws {
    let ended = (1...60).map { subsidy($0, 1_000, until: Int32($0)) }
    let open = [subsidy(61, 300, until: 120), subsidy(62, 200, until: 110)]
    let fed = try FedTranches.of(ended + open + [own], after: Self.yesterday)
    #expect(fed.count == AccountSnapshot.trancheLimit)
    #expect(Array(fed.prefix(3)) == [own, open[1], open[0]])
    #expect(fed[3] == ended[59])
  }

  @Test("debts become one for each purse, which nothing that comes back can turn into money")
  func debts() throws {
    let owed = (1...20).map { subsidy($0, -10, until: nil) }
    let open = (21...60).map { subsidy($0, 40, until: Int32(200 - $0)) }
    let fed = try FedTranches.of(owed + open, after: Self.yesterday)
    #expect(fed.count == AccountSnapshot.trancheLimit)
    #expect(
      fed.first
        == TrancheBalance(
          purse: .subsidy, tranche: FedTranches.debts, amount: Fen(-200), lastSpendingDay: .min))
    #expect(fed[1] == open.last)
    #expect(!fed.contains { $0.tranche != FedTranches.debts && $0.amount < .zero })
  }

  @Test("sums that do not fit are no row")
  func overflow() {
    let all = (1...40).map { subsidy($0, -Int64.max / 2, until: nil) }
    #expect(throws: MoneyError.overflow) { try FedTranches.of(all, after: Self.yesterday) }
  }
}
