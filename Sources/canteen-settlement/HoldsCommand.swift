import ArgumentParser
import CanteenModel
import Foundation
import SettlementService
import SettlementStore

/// What is set aside for terminals.
struct HoldsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holds", abstract: "List what is set aside for terminals, and give it up.",
    subcommands: [List.self, Release.self], defaultSubcommand: List.self)

  /// Lists it.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what is set aside for terminals, the oldest first.",
      discussion: """
        A terminal uses an amount or gives it back by a record; time alone never does. What is old \
        belongs to a terminal that does not settle.
        Example: canteen-settlement holds
        """)

    @OptionGroup var settings: SettingsFile
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let holds = try await settings.asking { try await $0.holds() }
      if json { return try Output.json(holds) }
      let now = Int64(Date.now.timeIntervalSince1970 * 1000)
      Output.table(
        [["TERMINAL", "ACCOUNT", "SET ASIDE", "USED", "AGE", "FOR", "ID"]]
          + holds.map { hold in
            [
              "\(hold.terminal)", "\(hold.account)", "\(Fen(hold.grantedFen))",
              "\(Fen(hold.usedFen))", age(now - hold.askedMilliseconds), purpose(hold),
              hold.id,
            ]
          })
      if holds.count == Books.holdListLimit { print("and more") }
    }

    private func purpose(_ hold: HoldLine) -> String {
      hold.refundOf.map { "refund of \($0.epoch)/\($0.sequence) at terminal \($0.terminal)" }
        ?? "sales"
    }

    /// Hours and minutes.
    private func age(_ milliseconds: Int64) -> String {
      let minutes = max(0, milliseconds) / 60_000
      return "\(minutes / 60):" + (minutes % 60 < 10 ? "0" : "") + "\(minutes % 60)"
    }
  }

  /// Gives one up.
  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give up what is set aside for a terminal that is gone for good.",
      discussion: """
        Only when the terminal will never settle again: otherwise it gives the amount back itself. A \
        sale that took from it and comes later is posted all the same, and may put the account into \
        debt; a refund is held in suspense when the sale has no longer so much left. The report shows that an operator did this.
        Example: canteen-settlement holds release \
        5f1e0c6a9b2d4e7f8a1b3c5d7e9f0a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The hold's 64 hexadecimal digits.") var id: String

    func run() async throws {
      guard let digest = Hexadecimal.bytes(id).flatMap({ Digest32($0) }) else {
        throw ValidationError("ID is 64 hexadecimal digits, as canteen-settlement holds lists them")
      }
      let hold = try await settings.asking { try await $0.giveUpHold(HoldID(digest)) }
      print(
        "given up by the operator: \(Fen(hold.grantedFen - hold.usedFen)) of account "
          + "\(hold.account), set aside for terminal \(hold.terminal)")
    }
  }
}
