import CanteenModel

/// Who comes to the demo's lunch.
struct Guests: Sendable {
  /// Diners with enough money, in the order of the queue.
  let regulars: [Diner]
  let twoPurses: Diner
  let withoutMoney: Diner
  let reportedLost: Diner
  /// Pays for more at once than a terminal may approve alone.
  let bigSpender: Diner
  /// A card that belongs to nobody.
  let stranger: [UInt8]

  private static let names = [
    "王小明", "李芳", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "黄海", "周杰", "吴桐", "徐丽", "孙强",
  ]

  init(count: Int) {
    regulars = (1...Int64(count)).map { number in
      Diner(
        account: number, name: Self.names[Int(number - 1) % Self.names.count], subsidy: Fen(30_000),
        personal: Fen(4_000), card: Diner.card(0xA1B200 + number))
    }
    twoPurses = Diner(
      account: 101, name: "欧阳娜", subsidy: Fen(500), personal: Fen(2_000),
      card: Diner.card(0xA1B301))
    withoutMoney = Diner(
      account: 102, name: "郑一", subsidy: Fen(1_150), personal: .zero, card: Diner.card(0xA1B302))
    reportedLost = Diner(
      account: 103, name: "冯二", status: "lost", subsidy: Fen(30_000), personal: .zero,
      card: Diner.card(0xA1B303))
    bigSpender = Diner(
      account: 104, name: "褚三", subsidy: Fen(30_000), personal: .zero,
      card: Diner.card(0xA1B304))
    stranger = Diner.card(0xFFFFFF)
  }

  var all: [Diner] { regulars + [twoPurses, withoutMoney, reportedLost, bigSpender] }
}
