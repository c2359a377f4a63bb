package import CanteenModel
import LinkSecurity
package import SettlementStore
import SyncProtocol

/// Answers the operator from the books themselves.
package struct BooksControl: SettlementControl {
  let books: Books
  let identity: CentreIdentity
  /// Who asks on this machine; `nil`: somebody at the office's door.
  let caller: LocalCaller?

  package init(books: Books, identity: CentreIdentity, caller: LocalCaller? = nil) {
    self.books = books
    self.identity = identity
    self.caller = caller
  }

  @discardableResult
  package func add(_ terminal: TerminalEntry) async throws(ControlRefusal) -> TerminalID {
    try PullAddress.check(terminal)
    return try await acting("terminal add", on: "\(terminal.number) \(terminal.name)") {
      () throws(StoreError) in try await books.add(terminal)
    }
  }

  package func invite(_ terminal: TerminalID) async throws(ControlRefusal) -> Invitation {
    let token = JoinToken(terminal: terminal, anchor: identity.authority.anchor.fingerprint)
    let expires = try await acting("terminal token", on: "\(terminal)") { () throws(StoreError) in
      try await books.await(
        terminal, secret: token.secretDigest, life: JoinToken.lifeMilliseconds)
    }
    return Invitation(
      terminal: terminal.number, token: token.text, expiresMilliseconds: expires)
  }

  package func set(
    _ terminal: TerminalID, revoked: Bool
  ) async throws(ControlRefusal) {
    let verb = revoked ? "terminal revoke" : "terminal reinstate"
    try await acting(verb, on: "\(terminal)") { () throws(StoreError) in
      if revoked {
        try await books.revoke(terminal)
      } else {
        try await books.reinstate(terminal)
      }
    }
  }

  package func retire(_ terminal: TerminalID) async throws(ControlRefusal) {
    try await acting("terminal retire", on: "\(terminal)") { () throws(StoreError) in
      try await books.retire(terminal)
    }
  }

  package func replace(
    _ terminal: TerminalID, name: String, pullURL: String?
  ) async throws(ControlRefusal) -> TerminalID {
    try PullAddress.check(pullURL)
    return try await acting("terminal replace", on: "\(terminal)") { () throws(StoreError) in
      try await books.replace(terminal, name: name, pullURL: pullURL)
    }
  }

  package func importBatches(
    _ file: [UInt8]
  ) async throws(ControlRefusal) -> [ImportedBatch] {
    try await acting("batches import", body: file) { () throws(StoreError) in
      let batches: [[UInt8]]
      do {
        batches = try BatchFile.batches(in: file)
      } catch {
        throw StoreError.refused([
          "this is no file of canteenctl journal export, or it is cut off: \(error)"
        ])
      }
      var imported: [ImportedBatch] = []
      for batch in batches { imported.append(try await books.importBatch(batch)) }
      return imported
    }
  }

  package func terminals() async throws(ControlRefusal) -> [TerminalEntry] {
    try await answer { () throws(StoreError) in try await books.terminals() }
  }

  package func importAccounts(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome {
    try await acting("accounts import", body: file) { () throws(StoreError) in
      try await books.importAccounts(file)
    }
  }

  package func importItems(_ file: [UInt8]) async throws(ControlRefusal) -> ImportOutcome {
    try await acting("items import", body: file) { () throws(StoreError) in
      try await books.importItems(file)
    }
  }

  package func previewRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> RulesPreview {
    try await answer { () throws(StoreError) in try await books.previewRulebook(file) }
  }

  package func signRulebook(_ file: [UInt8]) async throws(ControlRefusal) -> Int64 {
    try await acting("rules sign", body: file) { () throws(StoreError) in
      try await books.signRulebook(file)
    }
  }

  package func rulebooks() async throws(ControlRefusal) -> [Rulebook] {
    try await answer { () throws(StoreError) in try await books.rulebooks() }
  }

  package func grantEpoch(
    to terminal: TerminalID
  ) async throws(ControlRefusal) -> EpochGrant {
    try await acting("terminal epoch", on: "\(terminal)") { () throws(StoreError) in
      try await books.grantEpoch(to: terminal)
    }
  }

  package func acceptEpoch(
    of terminal: TerminalID
  ) async throws(ControlRefusal) -> EpochGrant {
    try await acting("terminal accept", on: "\(terminal)") { () throws(StoreError) in
      try await books.acceptEpoch(of: terminal)
    }
  }

  package func check() async throws(ControlRefusal) -> BooksCheck {
    try await answer { () throws(StoreError) in try await books.check() }
  }

  package func report() async throws(ControlRefusal) -> SettlementReport {
    try await answer { () throws(StoreError) in try await books.report() }
  }

  package func exposure(
    of account: AccountID
  ) async throws(ControlRefusal) -> AccountExposure {
    try await answer { () throws(StoreError) in try await books.exposure(of: account) }
  }

  package func history(
    of account: AccountID, until day: Int32, knownOn known: Int32
  ) async throws(ControlRefusal) -> AccountHistory {
    try await answer { () throws(StoreError) in
      try await books.history(of: account, until: day, knownOn: known)
    }
  }

  package func holds() async throws(ControlRefusal) -> [HoldLine] {
    try await answer { () throws(StoreError) in try await books.openHolds() }
  }

  package func giveUpHold(_ id: HoldID) async throws(ControlRefusal) -> HoldLine {
    try await acting("holds release", on: "\(id)") { () throws(StoreError) in
      try await books.giveUpHold(id)
    }
  }

  package func programme(_ order: ProgrammeOrder) async throws(ControlRefusal) -> [UInt8] {
    guard let act = order.act else {
      return try await answer { () throws(StoreError) in try await books.perform(order) }
    }
    return try await acting(act.verb, on: act.subject, body: act.body, for: act.people) {
      () throws(StoreError) in
      try await books.perform(order)
    }
  }

  package func records(
    of terminal: TerminalID, limit: Int
  ) async throws(ControlRefusal) -> [RecordLine] {
    guard (1...RecordLimit.most).contains(limit) else {
      throw .invalid("the limit is 1 to \(RecordLimit.most)")
    }
    return try await answer { () throws(StoreError) in
      try await books.records(of: terminal, limit: limit)
    }
  }

  func answer<Value>(
    _ body: () async throws(StoreError) -> Value
  ) async throws(ControlRefusal) -> Value {
    do {
      return try await body()
    } catch {
      throw ControlRefusal(error)
    }
  }
}
