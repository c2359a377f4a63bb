#if SEEDED_BUGS
  import CanteenModel
  import GRDB
  import Glibc
  import Synchronization
  import TerminalCore

  /// A mistake that somebody could make in the journal, planted so that the laboratory can show that it
  /// finds it. Debug builds only: a release build contains none of this.
  package enum SeededBug: String, CaseIterable, Sendable {
    /// `synchronous=NORMAL`: the log is synced at checkpoints only, so the last sales are lost.
    case synchronousNormal
    /// The answer is given before the commit.
    case lightBeforeCommit
    /// Accounts are read before the group's transaction: members do not see one another's spending.
    case decisionOutsideTransaction
    /// A failed commit is tried again; that there is no transaction any more is taken for success.
    case retryAfterFailedCommit
    /// The rows beside the record are written after the commit.
    case counterOutsideTransaction
    /// The file is not held exclusively, and a second connection does the checkpoints.
    case secondConnection
    /// The head does not depend on the head before it.
    case headNotChained
    /// What only the kernel has of a log whose sync failed is moved into the file.
    case logNotWrittenAgain
    /// A record goes as soon as it is acknowledged, though the fed balance does not have it.
    case notIncludedIsPruned
    /// The cursor of the feed moves with the first rows of a page instead of the last.
    case cursorBeforeRows
    /// What the ledger lost and its mirror has is left there.
    case mirrorNotTakenBack
    /// Records of a damaged ledger are kept without comparing their hash.
    case unlinkedIsSalvaged

    /// The bug that journals have which are opened in this task.
    @TaskLocal package static var planted: SeededBug?

    /// What a setting of the connection is set to instead.
    static func value(of pragma: String, _ value: String) -> String {
      switch (planted, pragma) {
      case (.synchronousNormal, "synchronous"): "NORMAL"
      case (.secondConnection, "locking_mode"): "NORMAL"
      default: value
      }
    }
  }

  /// What the planted bug of one journal needs.
  final class SeededBugs: Sendable {
    let bug = SeededBug.planted
    private let views = Mutex<[Credential: AccountView]>([:])
    private let postponed = Mutex<[@Sendable (Database) throws -> Void]>([])
    private let second = Mutex<DatabaseQueue?>(nil)

    /// Opens the second connection.
    func join(_ path: String) throws {
      guard bug == .secondConnection else { return }
      let queue = try DatabaseQueue(path: path)
      second.withLock { $0 = queue }
    }

    func leave() { second.withLock { $0 = nil } }

    func look(
      at group: [WaitingRoom.Waiting], _ draft: LedgerState, _ clock: ClockReading, _ db: Database
    )
      throws
    {
      guard bug == .decisionOutsideTransaction else { return }
      var found: [Credential: AccountView] = [:]
      let time = draft.clock.reading(clock)
      for member in group {
        found[member.request.credential] = try AccountView.read(
          db, for: member.request, at: time, slot: draft.slot(at: time.wallMilliseconds), draft)
      }
      let seen = found
      views.withLock { $0 = seen }
    }

    func view(of request: SaleRequest) -> AccountView? {
      views.withLock { $0[request.credential] }
    }

    /// - Returns: The members that still wait for their answer.
    func answer(
      _ group: [WaitingRoom.Waiting], _ results: [Result<SaleStep, JournalError>]
    ) -> [WaitingRoom.Waiting] {
      guard bug == .lightBeforeCommit else { return group }
      for (member, result) in zip(group, results) { member.answer.resume(returning: result) }
      usleep(2000)  // as long as a disk takes: the light is seen before the commit
      return []
    }

    func commit(_ db: Database) throws {
      do {
        try LedgerStatement(db, "COMMIT TRANSACTION").run()
      } catch {
        guard bug == .retryAfterFailedCommit else { throw error }
        // try?: this is the bug; the second attempt finds no transaction.
        try? db.execute(sql: "COMMIT TRANSACTION")
      }
      for write in postponed.withLock({ postponed in
        defer { postponed = [] }
        return postponed
      }) { try write(db) }
      try second.withLock { $0 }?.inDatabase { db in _ = try db.checkpoint(.passive) }
    }

    func insert(
      _ sale: SaleRecord, at position: JournalPosition, _ time: RecordTime, _ db: Database
    ) throws {
      guard bug == .counterOutsideTransaction else {
        return try SaleRows.insert(sale, at: position, time, db)
      }
      postponed.withLock { postponed in
        postponed.append { db in try SaleRows.insert(sale, at: position, time, db) }
      }
    }
  }
#endif
