package import CanteenModel
package import SettlementStore
import SyncTransport

/// What the operator may ask of the books: in the running service through its socket, or in the
/// file when no service holds it.
package protocol SettlementControl: StatementControl {
  /// Adds a terminal, or changes its name, its canteen and its pull address.
  ///
  /// - Returns: Its number.
  @discardableResult
  func add(_ terminal: TerminalEntry) async throws(ControlRefusal) -> TerminalID
  /// Makes the token by which a terminal joins; one that was not used ends.
  func invite(_ terminal: TerminalID) async throws(ControlRefusal) -> Invitation
  /// Shuts a terminal out, or lets it in again.
  func set(_ terminal: TerminalID, revoked: Bool) async throws(ControlRefusal)
  /// Retires a terminal: it hands in what it has, and sells nothing more.
  func retire(_ terminal: TerminalID) async throws(ControlRefusal)
  /// Retires a terminal and adds another one in its place.
  ///
  /// - Returns: The number of the new one.
  func replace(
    _ terminal: TerminalID, name: String, pullURL: String?
  ) async throws(ControlRefusal) -> TerminalID
  /// Takes a file of signed batches; those before one that is refused stay taken.
  func importBatches(_ file: [UInt8]) async throws(ControlRefusal) -> [ImportedBatch]
  /// Every terminal, by number.
  func terminals() async throws(ControlRefusal) -> [TerminalEntry]
  /// Takes a CSV file of accounts, all of it or nothing.
  func importAccounts(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome
  /// What can still be spent from an account that may not pay any more, and where.
  func exposure(of account: AccountID) async throws(ControlRefusal) -> AccountExposure
  /// What moved an account's purses up to the end of a local day, as the books knew it at the end of another one; in
  /// days since 1970-01-01.
  func history(
    of account: AccountID, until day: Int32, knownOn known: Int32
  ) async throws(ControlRefusal) -> AccountHistory
  /// Takes a CSV file of dishes and goods, all of it or nothing.
  func importItems(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome
  /// Reads a JSON rulebook and reckons what it can cost.
  func previewRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> RulesPreview
  /// Signs a JSON rulebook.
  ///
  /// - Returns: The version that is in force now.
  func signRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> Int64
  /// The rulebook in force and those that are yet to come, newest last.
  func rulebooks() async throws(ControlRefusal) -> [Rulebook]
  /// Grants a terminal that lost its ledger the epoch in which it begins anew.
  func grantEpoch(to terminal: TerminalID) async throws(ControlRefusal) -> EpochGrant
  /// Grants the epoch in which a terminal speaks already, which restored books know nothing of.
  func acceptEpoch(of terminal: TerminalID) async throws(ControlRefusal) -> EpochGrant
  /// The sums.
  func report() async throws(ControlRefusal) -> SettlementReport
  /// The proof of the sums: every leg and every record is added up. Batches are taken meanwhile.
  func check() async throws(ControlRefusal) -> BooksCheck
  /// What is set aside for terminals, the oldest first; at most ``Books/holdListLimit``.
  func holds() async throws(ControlRefusal) -> [HoldLine]
  /// Gives up what is set aside for a terminal that is gone. It is flagged as the operator's act.
  func giveUpHold(_ id: HoldID) async throws(ControlRefusal) -> HoldLine
  /// Registry, policy, bank, rosters, year end.
  ///
  /// - Returns: As ``ProgrammeOrder`` says: JSON, or the file of a list.
  func programme(_ order: ProgrammeOrder) async throws(ControlRefusal) -> [UInt8]
  /// Orders of whoever owns the machine in matters of access.
  ///
  /// - Returns: Lines for a person.
  func office(_ order: LocalOrder) async throws(ControlRefusal) -> [String]
  /// The newest records of a terminal, newest last. `limit`: 1...``RecordLimit/most``.
  func records(of terminal: TerminalID, limit: Int) async throws(ControlRefusal) -> [RecordLine]
}

/// Why the books did not do what the operator asked. Each text says what to do.
package enum ControlRefusal: Error, Hashable, Sendable {
  /// The request or the file is wrong; nothing of it was taken.
  case invalid(String)
  /// The books cannot do it as they stand.
  case unavailable(String)
}

extension ControlRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalid(let text), .unavailable(let text): text
    }
  }

  init(_ error: StoreError) {
    switch error {
    case .unknownTerminal, .shutOut, .notGenuine, .refused: self = .invalid(error.description)
    case .commitFailed, .stopped, .inUse, .unusable, .damaged, .fromNewerVersion:
      self = .unavailable(error.description)
    }
  }
}

/// How many records one list holds.
package enum RecordLimit {
  package static let most = 100_000
  package static let standard = 1_000
}

/// What a terminal is told so that it can join.
package struct Invitation: Hashable, Sendable, Codable {
  package let terminal: UInt32
  /// As `canteenctl enrol` takes it.
  package let token: String
  /// Unix time in milliseconds.
  package let expiresMilliseconds: Int64
}

/// Says whether a terminal may be added with its pull address.
enum PullAddress {
  static func check(_ terminal: TerminalEntry) throws(ControlRefusal) {
    try check(terminal.pullURL)
  }

  static func check(_ url: String?) throws(ControlRefusal) {
    guard let url else { return }
    do {
      _ = try LinkAddress(url)
    } catch {
      throw .invalid("--url: \(error)")
    }
  }
}
