import ArgumentParser
import Foundation
import SettlementService

/// Prints what every terminal must know.
struct KeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Print the centre's public key; make one if there is none yet.",
    discussion: """
      Terminals check acks and balances with it: put it into canteen.sync.centreKey of each.
      Example: canteen-settlement key
      """)

  @OptionGroup var settings: SettingsFile

  func run() async throws {
    umask(0o077)  // the key file is for the service alone
    print(try Centre.publicKey(try await settings.read()))
  }
}
