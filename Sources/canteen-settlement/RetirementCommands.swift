import ArgumentParser
import CanteenModel
import Foundation
import SettlementService
import SettlementStore

extension TerminalCommand {
  /// Ends one.
  struct Retire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Retire a terminal: it hands in what it has, and sells nothing more.",
      discussion: """
        It reads so in its next ack, declines everybody (017) and is fed nothing more. terminal list says when \
        its last record is here. reinstate takes it back.
        Example: canteen-settlement terminal retire 3
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var number: UInt32

    func run() async throws {
      try await settings.asking { try await $0.retire(TerminalID(number)) }
      print("terminal \(number) is retired; \(TerminalCommand.tailAdvice)")
    }
  }

  /// Puts another one in its place.
  struct Replace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Retire a terminal and add the one that takes its place; print its token.",
      discussion: """
        The new one has a number of its own and stands in the same canteen; people are learnt anew at its face \
        modules. What the old one still has is handed in by itself, or brought in a file.
        Example: canteen-settlement terminal replace 3 一号窗口
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The number of the terminal that goes.") var number: UInt32
    @Argument(help: "What reports call the new one.") var name: String
    @Option(
      help:
        "Where the centre pulls the new one from; without it from where it pulled the old one, which is then pulled no longer."
    )
    var url: String?
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let invitation = try await settings.asking {
        try await $0.invite(
          try await $0.replace(TerminalID(number), name: name, pullURL: url))
      }
      if json { return try Output.json(invitation) }
      print("terminal \(invitation.terminal) takes the place of terminal \(number)")
      print(invitation.words(at: try await settings.read().url))
      print("terminal \(number) is retired; \(TerminalCommand.tailAdvice)")
    }
  }

  fileprivate static let tailAdvice = """
    leave it on until terminal list says that its tail is whole. Without a link:
      canteenctl journal export FILE            at the old terminal
      canteen-settlement batches import FILE    here
    """
}

/// Batches that somebody brought.
struct BatchesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batches",
    abstract:
      "Take what a terminal without a link handed over in a file, or write what terminals signed.",
    subcommands: [Import.self, Export.self])

  /// Writes a file.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the batches of a terminal to a file, as it signed them.",
      discussion: """
        All that brought records, from the first one on: what canteen-settlement verify asks for.
        Example: canteen-settlement batches export 3 terminal-3.batches
        """)

    @OptionGroup var settings: SettingsFile
    @Argument(help: "The terminal's number.") var terminal: UInt32
    @Argument(help: "The file.", completion: .file()) var path: String

    func run() async throws {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw ValidationError(
          "\(path) cannot be written: is the path right, and may you write there?")
      }
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try await settings.asking { control in
        var last: Int64 = 0
        while true {
          let page = try await control.exportBatches(of: TerminalID(terminal), after: last)
          guard !page.file.isEmpty else { return }
          try file.write(contentsOf: page.file)
          last = page.last
        }
      }
      try file.close()
    }
  }

  /// Takes a file.
  struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take the batches of a file that canteenctl journal export wrote.",
      discussion: """
        Each is judged as if the terminal had sent it: its signature, its place in the chain; what is here \
        already counts once. A file may be imported as often as you like.
        Example: canteen-settlement batches import terminal-3.batches
        """)

    @OptionGroup var settings: SettingsFile
    @OptionGroup var file: ImportFile
    @Flag(help: "Print JSON for scripts.") var json = false

    func run() async throws {
      let bytes = try file.read()
      let batches = try await settings.asking { try await $0.importBatches(bytes) }
      if json { return try Output.json(batches) }
      for (number, batch) in batches.enumerated() {
        let flags = batch.flags.map { "\($0.rawValue): \($0.advice)" }.joined(separator: "; ")
        print(
          "batch \(number + 1) of terminal \(batch.terminal): \(batch.carried) records, \(batch.added) new"
            + (flags.isEmpty ? "" : "   \(flags)"))
      }
      if batches.contains(where: { $0.flags.contains(.gap) }) { throw ExitCode.failure }
    }
  }
}
