import ArgumentParser
import Foundation
import SettlementService

/// Where the settings are, and through them the books.
struct SettingsFile: ParsableArguments {
  @Option(name: .customLong("config"), help: "The settings file (JSON).")
  var path: String?

  @Option(
    help: "The books: a file, or postgres://canteen@db.example.org/canteen.",
    completion: .file())
  var store: String?

  func read() async throws -> SettlementConfiguration {
    try await SettlementConfiguration.read(file: path, store: store)
  }

  /// Asks the running service; when there is none, opens the books, and closes them afterwards.
  func asking<Value>(
    _ body: (any SettlementControl) async throws -> Value
  ) async throws -> Value {
    umask(0o077)  // what is made here is for the service alone
    return try await BooksDoor.asking(try await read(), body)
  }
}
