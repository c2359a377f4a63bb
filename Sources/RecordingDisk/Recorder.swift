import CRecordingVFS
import Foundation
import Synchronization

/// Looks on while SQLite works on the files of one folder: it keeps everything that a power cut could
/// take back in one log, and can let calls fail.
///
/// The folder's files reach the disk through the ordinary VFS. The log names files by their last path
/// component.
package final class Recorder: Sendable {
  /// The folder, without symbolic links.
  package let folder: String
  private let state: Mutex<RecorderState>
  private let gate = SyncGate()

  /// Begins to record.
  ///
  /// - Parameter witness: A file that somebody creates and syncs without SQLite; its creation gets its
  ///   place in the log before the next call of SQLite.
  /// - Precondition: The folder exists, and nobody else records it.
  package init(folder: String, witness: String? = nil) {
    self.folder = URL(filePath: folder).resolvingSymlinksInPath().path
    state = Mutex(RecorderState(witness: witness))
    RecordedFolders.add(self)
  }

  /// Ends the recording; what is still open fails from now on.
  package func end() {
    state.withLock { $0.isDead = true }
    gate.release()
    RecordedFolders.remove(self)
  }

  /// The log so far.
  package var log: [DiskOperation] { state.withLock { $0.log } }

  /// Rules of the ledger's connection that were broken, each once.
  package var findings: [String] { state.withLock { $0.findings } }

  /// How often each call was made.
  package var calls: [DiskCall: Int] { state.withLock { $0.calls } }

  /// Whether the planned fault has struck.
  package var hasFailed: Bool { state.withLock { $0.hasFailed } }

  /// Puts a mark of the laboratory into the log.
  package func mark(_ number: Int) { state.withLock { $0.log.append(.mark(number)) } }

  /// Plans a fault, counted from now on; `nil` takes it back.
  package func plan(_ fault: DiskFault?) {
    state.withLock { state in
      state.fault = fault
      state.calls = [:]
      state.hasFailed = false
    }
  }

  /// The process is dead as far as the disk can tell: calls change nothing any more. What is written
  /// stays in the kernel.
  package func kill() { state.withLock { $0.isDead = true } }

  /// A new process begins: calls reach the disk again.
  package func revive() { state.withLock { $0.isDead = false } }

  /// Stops the next sync of a write-ahead log until ``releaseSync()``.
  package func holdNextSync() { gate.arm() }

  /// Returns once a sync is held, or was released.
  package func waitUntilSyncIsHeld() async { await gate.waitUntilHeld() }

  /// Lets go of the sync that is held; nothing is held any more until it is asked for again.
  package func releaseSync() { gate.release() }

  fileprivate func before(_ call: borrowing RecordedCall) -> canteen_verdict {
    if call.kind == .sync, call.name.hasSuffix("-wal") { gate.pass() }
    return state.withLock { $0.judge(call, in: folder) }
  }

  fileprivate func after(_ call: borrowing RecordedCall) { state.withLock { $0.note(call) } }

  fileprivate func failed(_ call: borrowing RecordedCall) {
    state.withLock { $0.noteFailure(of: call) }
  }
}

/// A call as the recorder sees it; its bytes are the caller's.
@safe struct RecordedCall {
  enum Kind { case open, read, write, truncate, sync, delete, close }

  let kind: Kind
  let name: String
  let offset: Int
  let length: Int
  let isCreation: Bool
  let isWithFolder: Bool
  private let bytes: UnsafeRawPointer?

  fileprivate init(_ call: UnsafePointer<canteen_call>) {
    let call = unsafe call.pointee
    kind =
      switch unsafe call.kind {
      case canteen_call_open: .open
      case canteen_call_read: .read
      case canteen_call_write: .write
      case canteen_call_truncate: .truncate
      case canteen_call_sync: .sync
      case canteen_call_delete: .delete
      default: .close
      }
    let path = unsafe String(cString: call.path)
    name = path.split(separator: "/").last.map { String($0) } ?? path
    offset = unsafe Int(call.offset)
    length = unsafe Int(call.length)
    isCreation = unsafe call.created
    isWithFolder = unsafe call.with_folder
    unsafe bytes = unsafe call.bytes
  }

  /// A write's bytes; empty for the other kinds.
  var written: [UInt8] {
    guard let start = unsafe bytes else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
  }
}

/// The folders that are being recorded, and the one observer of the process.
private enum RecordedFolders {
  private static let recorders = Mutex<[String: Recorder]>([:])

  private static let isRegistered: Bool = {
    let observer = unsafe canteen_observer(
      recording: { path in
        guard let path = unsafe path else { return nil }
        return unsafe RecordedFolders.recorder(of: String(cString: path)).map {
          unsafe Unmanaged.passUnretained($0).toOpaque()
        }
      },
      before: { recorder, call in
        guard let call = unsafe call else { return canteen_verdict(code: SQLITE_OK, length: 0) }
        return unsafe RecordedFolders.recorder(recorder).before(RecordedCall(call))
      },
      after: { recorder, call in
        guard let call = unsafe call else { return }
        let recorder = unsafe Unmanaged.passUnretained(RecordedFolders.recorder(recorder))
        let made = unsafe RecordedCall(call)
        // An open file keeps its recorder alive.
        if made.kind == .open { _ = unsafe recorder.retain() }
        unsafe recorder.takeUnretainedValue().after(made)
        if made.kind == .close { unsafe recorder.release() }
      },
      failed: { recorder, call, _ in
        guard let call = unsafe call else { return }
        unsafe RecordedFolders.recorder(recorder).failed(RecordedCall(call))
      })
    return canteen_vfs_register(observer) == SQLITE_OK
  }()

  static func add(_ recorder: Recorder) {
    precondition(isRegistered, "SQLite has a default VFS to stand in front of")
    recorders.withLock { recorders in
      precondition(recorders[recorder.folder] == nil, "one recorder looks on at a folder")
      recorders[recorder.folder] = recorder
    }
  }

  static func remove(_ recorder: Recorder) {
    recorders.withLock { $0[recorder.folder] = nil }
  }

  static func recorder(of path: String) -> Recorder? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return recorders.withLock { $0.isEmpty ? nil : $0[String(path[..<slash])] }
  }

  static func recorder(_ pointer: UnsafeMutableRawPointer?) -> Recorder {
    guard let pointer = unsafe pointer else {
      preconditionFailure("a recorded file has its recorder")
    }
    return unsafe Unmanaged.fromOpaque(pointer).takeUnretainedValue()
  }
}
