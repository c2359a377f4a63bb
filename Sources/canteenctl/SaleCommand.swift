import ArgumentParser
import CanteenModel
import LocalAPI

/// What the cashier does with a sale.
struct SaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sale", abstract: "Arm a sale, or take it back.",
    subcommands: [Arm.self, Clear.self, Official.self])

  struct Arm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The next card at the lane pays this, once.",
      discussion: """
        Examples: canteenctl sale arm 12.50; canteenctl sale arm --item 101x2 --item 5001; \
        canteenctl sale arm --guest
        """)

    @OptionGroup var connection: Connection
    @Argument(help: "Yuan with at most two decimals, for example 12.50.")
    var amount: String?
    @Option(name: .customLong("item"), help: "An item's number, and how many of it: 101 or 101x2.")
    var items: [String] = []
    @Flag(name: .customLong("guest"), help: "One more meal of the period, for a guest.")
    var isGuest = false
    @Option(help: "The lane's number.")
    var lane: UInt16 = 1

    func run() async throws {
      let price = try price()
      try await asking { () throws(ControlError) in
        try await connection.terminal.armSale(price, lane: LaneID(lane))
      }
      print("armed \(amount.map { "¥\($0)" } ?? "the sale") at lane \(lane): show a card")
    }

    private func price() throws -> SalePrice {
      switch (amount, items.isEmpty, isGuest) {
      case (let amount?, true, false):
        do {
          return .keyed(try Fen(yuan: amount))
        } catch {
          throw ValidationError("\(amount) is not an amount in yuan such as 12.50")
        }
      case (nil, false, false): return .items(try items.map(Self.line))
      case (nil, true, true): return .guestMeal
      default: throw ValidationError("arm one of an amount, items and a guest's meal")
      }
    }

    private static func line(_ text: String) throws -> ItemLine {
      let parts = text.split(separator: "x", omittingEmptySubsequences: false)
      let quantity = parts.count == 2 ? UInt16(parts[1]) : 1
      guard (1...2).contains(parts.count), let code = UInt32(parts[0]), let quantity else {
        throw ValidationError("\(text) is not an item such as 101 or 101x2")
      }
      return ItemLine(code: ItemCode(code), quantity: quantity)
    }
  }

  struct Official: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Charge an official meal (公务餐) to the host unit, by the number of its request.",
      discussion: """
        The centre must be reached, or have set money aside for this terminal before.
        Example: canteenctl sale official GW2026-0117 --heads 6
        """)

    @OptionGroup var connection: Connection
    @Argument(help: "The number of the approved request.")
    var voucher: String
    @Option(help: "For how many.")
    var heads: Int

    func run() async throws {
      let line = try await asking { () throws(ControlError) in
        try await connection.terminal.chargeOfficialMeal(
          OfficialMealOrder(voucher: voucher, heads: heads))
      }
      if connection.json { return try Output.json(line) }
      let note = line.isShownAgain ? ", charged before, not charged again" : ""
      print(
        "\(line.amount) for \(line.heads) to account \(line.account), record "
          + "\(line.position.sequence), decided \(line.place)\(note)")
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take an armed sale back, or clear a lane that failed.",
      discussion: "Example: canteenctl sale clear --lane 1")

    @OptionGroup var connection: Connection
    @Option(help: "The lane's number.")
    var lane: UInt16 = 1

    func run() async throws {
      try await asking { () throws(ControlError) in
        try await connection.terminal.clearSale(lane: LaneID(lane))
      }
      print("lane \(lane) is clear")
    }
  }
}
