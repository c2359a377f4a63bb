import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// The terminals that the centre knows.
struct TerminalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminal", abstract: "Add and list terminals.",
    subcommands: [Add.self, List.self, NewEpoch.self, AcceptEpoch.self])

  /// Adds one.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a terminal, or change the name and address of one.",
      discussion: """
        The key of a number never changes: a replaced device gets a number of its own.
        Example: canteen-settlement terminal add 3 --name 一号窗口 --canteen 1 \
        --public-key "$(canteend key)" --url http://127.0.0.1:8701
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number, 1 or more.") var number: UInt32
    @Option(help: "What reports call it.") var name: String
    @Option(help: "64 hexadecimal digits, as canteend key prints them.") var publicKey: String
    @Option(help: "Where the centre pulls from; leave it out when the terminal pushes.")
    var url: String?
    @Option(help: "The number of the canteen where it stands; diners of others are visitors.")
    var canteen: UInt32

    func run() async throws {
      let entry = TerminalEntry(
        number: number, name: name, publicKey: publicKey, pullURL: url, canteen: canteen)
      try await settings.asking { try await $0.add(entry) }
      print("terminal \(number) is known" + (url.map { ", pulled from \($0)" } ?? ", pushes"))
    }
  }

  /// Lets one begin anew.
  struct NewEpoch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a terminal whose ledger was lost begin a new one.",
      discussion: """
        Only when the disk is dead or the ledger is gone for good, and the terminal's key is kept: \
        a ledger that can be read still holds records that were not handed in. The token opens the \
        epoch once; asking again replaces one that was not spent.
        Example: canteen-settlement terminal new-epoch 3
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let grant = try await settings.asking { try await $0.grantEpoch(to: TerminalID(number)) }
      if json { return try Output.json(grant) }
      print(
        """
        WARNING   The centre holds terminal \(grant.terminal) up to record \
        \(grant.lastEpoch)/\(grant.lastSequence). What the lost ledger sold behind it is gone: \
        nobody is charged for it, and the canteen is not paid for it. If the old disk can still be \
        read, stop here and let it hand in first.

        epoch     \(grant.epoch)
        token     \(grant.token)

        At the terminal, with canteend stopped and its key in place:
          canteend new-ledger --epoch \(grant.epoch) --token \(grant.token)
        """)
    }
  }

  /// Takes one as it is.
  struct AcceptEpoch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "accept-epoch",
      abstract: "Take the epoch in which a terminal speaks, after the books were restored.",
      discussion: """
        For books from a backup that is older than the epoch: report shows unknownEpoch. The token \
        that the terminal presents is taken as the one that opened it.
        Example: canteen-settlement terminal accept-epoch 3
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let grant = try await settings.asking { try await $0.acceptEpoch(of: TerminalID(number)) }
      if json { return try Output.json(grant) }
      print(
        "epoch \(grant.epoch) of terminal \(grant.terminal) is accepted: it hands in at its next beat"
      )
    }
  }

  /// Lists all.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the terminals.", discussion: "Example: canteen-settlement terminal list")

    @OptionGroup var settings: SettingsFile
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let terminals = try await settings.asking { try await $0.terminals() }
      if json { return try Output.json(terminals) }
      Output.table(
        [["NUMBER", "NAME", "CANTEEN", "KEY", "PULLED FROM"]]
          + terminals.map { terminal in
            [
              "\(terminal.number)", terminal.name,
              terminal.canteen == 0 ? "-" : "\(terminal.canteen)",
              String(terminal.publicKey.prefix(16)),
              terminal.pullURL ?? "-",
            ]
          })
    }
  }
}
