import CRecordingVFS
import Foundation

/// What a recorder knows; behind its lock.
struct RecorderState {
  var log: [DiskOperation] = []
  var findings: [String] = []
  var calls: [DiskCall: Int] = [:]
  var fault: DiskFault?
  var hasFailed = false
  var isDead = false
  private var witness: String?
  private var openLedgers = 0

  init(witness: String?) {
    self.witness = witness
  }

  /// Says whether a call goes through, before it is made.
  mutating func judge(_ call: borrowing RecordedCall, in folder: String) -> canteen_verdict {
    noteWitness(in: folder)
    let through = canteen_verdict(code: SQLITE_OK, length: 0)
    guard let kind = DiskCall(call.kind) else { return through }
    if isDead { return canteen_verdict(code: code(of: kind, .ioError), length: 0) }
    let number = (calls[kind] ?? 0) + 1
    calls[kind] = number
    guard let fault else { return through }
    let strikes = kind == fault.call && number == fault.number
    if strikes { hasFailed = true }
    let goesOn = hasFailed && fault.isLasting && kind != .read
    guard strikes || goesOn else { return through }
    let isShort = fault.error == .shortWrite && strikes
    return canteen_verdict(
      code: code(of: kind, fault.error), length: isShort ? Int64(call.length / 2 + 1) : 0)
  }

  /// Keeps what a call did.
  mutating func note(_ call: borrowing RecordedCall) {
    switch call.kind {
    case .open:
      if call.isCreation { log.append(.created(call.name)) }
      guard call.isLedger else { return }
      openLedgers += 1
      if openLedgers > 1 { find("the ledger was opened a second time while it was open") }
    case .read: break
    case .write: log.append(.wrote(call.name, offset: call.offset, bytes: call.written))
    case .truncate: log.append(.truncated(call.name, size: call.offset))
    case .sync: log.append(.synced(call.name, withFolder: call.isWithFolder))
    case .delete: log.append(.deleted(call.name, withFolder: call.isWithFolder))
    case .close: if call.isLedger { openLedgers -= 1 }
    }
  }

  mutating func noteFailure(of call: borrowing RecordedCall) {
    if call.kind == .sync, !isDead { log.append(.syncFailed(call.name)) }
  }

  /// The witness was synced, and its folder with it, by whoever created it.
  private mutating func noteWitness(in folder: String) {
    guard let name = witness, FileManager.default.fileExists(atPath: folder + "/" + name) else {
      return
    }
    witness = nil
    log += [.created(name), .synced(name, withFolder: true)]
  }

  private mutating func find(_ finding: String) {
    if !findings.contains(finding) { findings.append(finding) }
  }

  /// What SQLite's own VFS answers then.
  private func code(of call: DiskCall, _ error: DiskFault.Error) -> Int32 {
    switch (call, error) {
    case (.open, _): SQLITE_CANTOPEN
    case (.write, .full): SQLITE_FULL
    case (.write, _): SQLITE_IOERR | (3 << 8)  // SQLITE_IOERR_WRITE
    case (.sync, _): SQLITE_IOERR | (4 << 8)  // SQLITE_IOERR_FSYNC
    case (.truncate, _): SQLITE_IOERR | (6 << 8)  // SQLITE_IOERR_TRUNCATE
    case (.read, _): SQLITE_IOERR | (1 << 8)  // SQLITE_IOERR_READ
    case (.delete, _): SQLITE_IOERR | (10 << 8)  // SQLITE_IOERR_DELETE
    }
  }
}

extension RecordedCall {
  /// The database itself, not what stands beside it.
  fileprivate var isLedger: Bool { name.hasSuffix(".sqlite") }
}

extension DiskCall {
  fileprivate init?(_ kind: RecordedCall.Kind) {
    switch kind {
    case .open: self = .open
    case .read: self = .read
    case .write: self = .write
    case .truncate: self = .truncate
    case .sync: self = .sync
    case .delete: self = .delete
    case .close: return nil
    }
  }
}
