import ArgumentParser
import CanteenModel
import Journal
import SyncProtocol
import TerminalDaemon

/// Begins again on a terminal whose ledger is gone.
struct NewLedger: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new-ledger",
    abstract: "Begin a new ledger on a terminal whose ledger is lost or damaged.",
    discussion: """
      The centre's operator asks for the epoch and its token: canteen-settlement terminal new-epoch. \
      What a lost ledger had not handed in is gone; of a damaged one the records that can be read and \
      link are kept, and its file is renamed. A ledger that is whole is never replaced.
      """)

  @OptionGroup var settings: SettingsFile
  @Option(help: "The epoch that the centre granted, 2 or more.")
  var epoch: UInt32
  @Option(help: "The token that opens it, once: 64 hexadecimal digits.")
  var token: String

  func validate() throws {
    guard epoch >= 2 else { throw ValidationError("--epoch is 2 or more; 1 needs no token") }
    guard granted != nil else { throw ValidationError("--token is 64 hexadecimal digits") }
  }

  func run() async throws {
    guard let granted else { return }  // validated above
    if let saved = try Terminal.beginLedger(granted, try await settings.read()) { print(saved) }
    print("a new ledger begins with epoch \(epoch); start canteend")
  }

  private var granted: GrantedEpoch? {
    guard let digest = Hexadecimal.bytes(token).flatMap({ Digest32($0) }) else { return nil }
    return GrantedEpoch(epoch: Epoch(epoch), token: digest)
  }
}
