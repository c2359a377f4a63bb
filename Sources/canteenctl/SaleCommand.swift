import ArgumentParser
import CanteenModel
import LocalAPI

/// What the cashier does with a sale.
struct SaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sale", abstract: "Arm a sale, or take it back.",
    subcommands: [Arm.self, Clear.self])

  struct Arm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The next card at the lane pays this amount, once.",
      discussion: "Example: canteenctl sale arm 12.50")

    @OptionGroup var connection: Connection
    @Argument(help: "Yuan with at most two decimals, for example 12.50.")
    var amount: String
    @Option(help: "The lane's number.")
    var lane: UInt16 = 1

    func run() async throws {
      let fen: Fen
      do {
        fen = try Fen(yuan: amount)
      } catch {
        throw ValidationError("\(amount) is not an amount in yuan such as 12.50")
      }
      try await asking { () throws(ControlError) in
        try await connection.terminal.armSale(fen, lane: LaneID(lane))
      }
      print("armed \(fen) at lane \(lane): show a card")
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take an armed amount back, or clear a lane that failed.",
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
