import ArgumentParser
import CanteenModel
import SettlementService
import SettlementStore

/// The terminals that the centre knows.
struct TerminalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminal", abstract: "Add, list and shut out terminals.",
    subcommands: [
      Add.self, Token.self, List.self, Revoke.self, Reinstate.self, NewEpoch.self,
      AcceptEpoch.self, Retire.self, Replace.self,
    ])

  /// Adds one.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Add a terminal, or change the name and address of one; print the token by which it joins.",
      discussion: """
        The token is good once, for 15 minutes. A device that lost its key is a new terminal: add it without \
        a number.
        Example: canteen-settlement terminal add 一号窗口 --canteen 1
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "What reports call it.") var name: String
    @Option(help: "The number of the canteen where it stands; diners of others are visitors.")
    var canteen: UInt32
    @Option(help: "The terminal's number, 1 or more; the next that is free unless it is said.")
    var number: UInt32 = 0
    @Option(help: "Where the centre pulls from; leave it out when the terminal pushes.")
    var url: String?
    @Option(
      help: "Where the other terminals of its canteen find it: https://canteen.example.org:8702")
    var peerURL: String?
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let entry = TerminalEntry(
        number: number, name: name, publicKey: nil, pullURL: url, peerURL: peerURL, canteen: canteen
      )
      let invitation = try await settings.asking { try await $0.invite(try await $0.add(entry)) }
      if json { return try Output.json(invitation) }
      print("terminal \(invitation.terminal) is known" + (url.map { ", pulled from \($0)" } ?? ""))
      print(invitation.words(at: try await settings.read().url))
    }
  }

  /// Lets one join.
  struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a new token by which a terminal joins.",
      discussion: "Example: canteen-settlement terminal token 3")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let invitation = try await settings.asking { try await $0.invite(TerminalID(number)) }
      if json { return try Output.json(invitation) }
      print(invitation.words(at: try await settings.read().url))
    }
  }

  /// Shuts one out.
  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shut a terminal out: nothing of it is taken, and it is told nothing.",
      discussion: """
        For a device that was stolen or copied. What it had not handed in stays on it; reinstate lets it hand \
        that in when it is found.
        Example: canteen-settlement terminal revoke 3
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32

    func run() async throws {
      try await settings.asking { try await $0.set(TerminalID(number), revoked: true) }
      print("terminal \(number) is shut out")
    }
  }

  /// Lets one in again.
  struct Reinstate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a terminal in again that was shut out, or sell again that was retired.",
      discussion: "Example: canteen-settlement terminal reinstate 3")

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32

    func run() async throws {
      try await settings.asking { try await $0.set(TerminalID(number), revoked: false) }
      print("terminal \(number) may settle again")
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
        [["NUMBER", "NAME", "CANTEEN", "KEY", "PULLED FROM", "STATE"]]
          + terminals.map { terminal in
            [
              "\(terminal.number)", terminal.name,
              terminal.canteen == 0 ? "-" : "\(terminal.canteen)",
              terminal.publicKey.map { String($0.prefix(16)) } ?? "-", terminal.pullURL ?? "-",
              terminal.state,
            ]
          })
    }
  }
}

extension TerminalEntry {
  fileprivate var state: String {
    if revokedMilliseconds != nil { return "shut out" }
    if retiredMilliseconds != nil { return "retired" + successor + ", " + lastWord }
    return publicKey == nil ? "awaited" : "joined"
  }
}

extension TerminalEntry {
  private var successor: String { replacedBy.map { " for terminal \($0)" } ?? "" }

  /// Whether its last record is here.
  private var lastWord: String {
    guard let tail else { return "not heard since" }
    if tail.isWhole { return "tail whole" }
    let missing = tail.missing == 0 ? "nothing waits there" : "\(tail.missing) records to come"
    return missing + (tail.isTold ? "" : ", does not know it yet")
  }
}

extension Invitation {
  /// What the operator tells whoever stands at the terminal.
  func words(at url: String) -> String {
    """
    At the terminal, within 15 minutes:
      sudo canteenctl enrol \(url) \(token)
    """
  }
}
