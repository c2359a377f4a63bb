import ArgumentParser
import TerminalDaemon

/// Prints what the centre must know.
struct Key: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the terminal's public key; make one if there is none yet.")

  @OptionGroup var settings: SettingsFile

  func run() async throws {
    print(try Terminal.publicKey(try await settings.read()))
  }
}
