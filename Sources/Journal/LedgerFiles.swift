import CanteenModel
import Foundation
import Glibc

/// The files around a ledger while a damaged one is put aside.
///
/// The new ledger is built under a name of its own. When it is whole and synced it gets the name that
/// says so, and from then on every opening finishes what is left to rename: first the damaged files, the
/// log before the file that it belongs to, then the new one. So a crash leaves either the damaged ledger
/// as it was, or the new one.
struct LedgerFiles {
  let path: String

  /// What SQLite leaves beside a database; the database itself last.
  private static let endings = ["-wal", "-journal", "-shm", ""]

  private var folder: String { Self.folder(of: path) }
  private var name: String { (path as NSString).lastPathComponent }

  /// A path without a folder is one in the working directory.
  static func folder(of path: String) -> String {
    let folder = (path as NSString).deletingLastPathComponent
    return folder.isEmpty ? "." : folder
  }

  /// Where the new ledger is built.
  var unfinished: String { path + ".salvaging" }

  /// Says that SQLite found damage while the ledger was used: opening alone may not find it again.
  var suspect: String { path + ".suspect" }

  var isSuspect: Bool { FileManager.default.fileExists(atPath: suspect) }

  /// Notes that SQLite found damage. Where even that cannot be written the next run finds it again.
  func markSuspect() {
    _ = FileManager.default.createFile(atPath: suspect, contents: nil)
  }

  /// A name for the damaged ledger that no file has: the UTC time, and a number if need be.
  func damagedName(at wallMilliseconds: Int64) -> String {
    (Self.freeName("\(path).damaged", at: wallMilliseconds) as NSString).lastPathComponent
  }

  /// A path that no file has: the UTC time behind a stem, and a number if need be.
  static func freeName(_ stem: String, at wallMilliseconds: Int64) -> String {
    let time = Date(timeIntervalSince1970: Double(wallMilliseconds / 1000)).formatted(
      Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    let first = "\(stem)-\(time)"
    var result = first
    var number = 2
    while FileManager.default.fileExists(atPath: result) {
      result = "\(first)-\(number)"
      number += 1
    }
    return result
  }

  /// Removes what an interrupted attempt left.
  func removeUnfinished() throws(JournalError) {
    for ending in Self.endings {
      guard unsafe unlink(unfinished + ending) != 0, errno != ENOENT else { continue }
      throw Self.failure("cannot remove \(unfinished + ending)")
    }
  }

  /// Says durably that the new ledger is whole, and puts it in the damaged one's place.
  func replace(calling damaged: String) throws(JournalError) {
    try Self.rename(unfinished, to: whole(damaged))
    try Self.syncFolder(of: path)
    try finish()
  }

  /// Finishes what an interrupted replacement left to do. Nothing happens without one.
  func finish() throws(JournalError) {
    let mark = "\(name).salvaged-"
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      return  // no folder, no ledger
    }
    guard let found = names.first(where: { $0.hasPrefix(mark) }) else { return }
    let damaged = String(found.dropFirst(mark.count))
    for ending in Self.endings
    where FileManager.default.fileExists(atPath: path + ending) {
      try Self.rename(path + ending, to: folder + "/" + damaged + ending)
    }
    unsafe unlink(suspect)
    try Self.syncFolder(of: path)
    try Self.rename(folder + "/" + found, to: path)
    try Self.syncFolder(of: path)
  }

  private func whole(_ damaged: String) -> String { "\(folder)/\(name).salvaged-\(damaged)" }

  /// Gives a file the name of another, and replaces that.
  static func rename(_ from: String, to name: String) throws(JournalError) {
    guard unsafe Glibc.rename(from, name) == 0 else { throw failure("cannot rename \(from)") }
  }

  /// Makes the names beside a file durable.
  static func syncFolder(of path: String) throws(JournalError) {
    let folder = folder(of: path)
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw failure("cannot open \(folder)") }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot sync \(folder)") }
  }

  private static func failure(_ what: String) -> JournalError {
    .unusable(code: errno, "\(what): \(unsafe String(cString: strerror(errno)))")
  }
}
