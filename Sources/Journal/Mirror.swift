package import CanteenModel
import Dispatch
import Foundation
import SyncProtocol
import Synchronization

/// How the copy on the second medium stands.
package struct MirrorStanding: Hashable, Sendable {
  /// The last record that is on the medium; `nil` before the mirror was first reached.
  package internal(set) var end: JournalPosition?
  /// Why nothing is copied at present; `nil` while it works.
  package internal(set) var fault: String?
  /// The mirror is on the file system of the ledger, and breaks with it.
  package internal(set) var isOnSameDisk = false
  /// What was put aside, because it is not of this ledger or cannot be read on; nothing deletes it.
  package internal(set) var aside: String?
}

/// Writes the mirror. It waits for the second medium on a thread of its own, and never keeps the ledger
/// waiting: what cannot be copied now is copied later.
final class Mirror: Sendable {
  let file: MirrorFile
  private let ledgerFolder: String
  private let queue = DispatchQueue(label: "mirror")
  private let writer = Mutex<MirrorWriter?>(nil)
  private let shown = Mutex(MirrorStanding())

  init(_ file: MirrorFile, besides ledger: String) {
    self.file = file
    ledgerFolder = LedgerFiles.folder(of: ledger)
  }

  var standing: MirrorStanding { shown.withLock { $0 } }

  /// What was copied last; `nil` while the file is not open.
  var copied: MirrorWriter.Place? { writer.withLock { $0?.place } }

  func failed(_ error: any Error) {
    writer.withLock { $0 = nil }
    shown.withLock { $0.fault = "\(error.mirrorFault)" }
  }

  /// Does something with the file; what fails is shown, and tried again with the next copy.
  func orFailed(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      failed(error)
    }
  }

  /// Goes on where a mirror ends; what is not whole behind it goes.
  func resume(_ scan: MirrorScan) throws {
    begin(with: try MirrorWriter(resuming: scan, file))
  }

  /// Begins a mirror behind a place. A file that is there is put aside.
  func begin(behind place: ChainPlace, at wallMilliseconds: Int64) throws {
    if file.isThere {
      let aside = try file.putAside(at: wallMilliseconds)
      shown.withLock { $0.aside = aside }
    }
    begin(with: try MirrorWriter(beginning: place, file))
  }

  private func begin(with new: MirrorWriter) {
    let isOnSameDisk = Self.disk(of: file.path) == Self.disk(of: ledgerFolder)
    shown.withLock { standing in
      standing.end = new.place.end
      standing.fault = nil
      standing.isOnSameDisk = isOnSameDisk
    }
    writer.withLock { $0 = new }
  }

  /// Appends entries, and returns when they are on the medium.
  func append(_ entries: [MirrorEntry]) async throws {
    try await onThread { try self.writer.withLock { try $0?.append(entries) } }
    let end = copied?.end
    shown.withLock { $0.end = end ?? $0.end }
  }

  /// Leaves out what the ledger no longer has, once the file is twice as long as it need be.
  func shorten(to place: ChainPlace) async throws {
    try await onThread {
      try self.writer.withLock { writer in
        guard let old = writer, old.isWorthShortening else { return }
        writer = try old.shortened(to: place)
      }
    }
  }

  /// Waits for the medium without keeping a thread of the shared pool.
  func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let result: Result<Value, any Error> = await withCheckedContinuation { answer in
      queue.async { answer.resume(returning: Result { try body() }) }
    }
    return try result.get()
  }

  private static func disk(of path: String) -> Int? {
    // try?: a file system that does not say its number is not compared.
    (try? FileManager.default.attributesOfItem(atPath: path))?[.systemNumber] as? Int
  }
}

extension Error {
  /// For the operator's screen.
  fileprivate var mirrorFault: String {
    (self as? CocoaError)?.localizedDescription ?? "\(self)"
  }
}

/// An open mirror.
struct MirrorWriter {
  struct Place: Hashable {
    var end: JournalPosition
    var acknowledged: MirroredAck?
  }

  private var file: MirrorFile
  private let handle: FileHandle
  private(set) var place: Place
  private var bytes: Int
  private var tag: Digest32
  /// The open file's, on its file system.
  private let number: Int?
  /// How long it was when it was last shortened.
  private var shortBytes = 0

  /// A mirror is not worth the trouble of shortening below this.
  private static let leastBytes = 8 * 1024 * 1024

  init(resuming scan: MirrorScan, _ file: MirrorFile) throws {
    self.file = file
    handle = try FileHandle(forUpdating: URL(filePath: file.path))
    place = Place(end: scan.end.position, acknowledged: scan.acknowledged)
    (bytes, tag) = (scan.wholeBytes, scan.tag)
    number = Self.number(of: file.path)
    try handle.truncate(atOffset: UInt64(bytes))
    try handle.synchronize()
  }

  init(beginning start: ChainPlace, _ file: MirrorFile) throws {
    self = try MirrorWriter(unfinished: start, file)
    try finish(as: file)
  }

  /// Under another name first, so that a mirror that is there has a beginning.
  private init(unfinished start: ChainPlace, _ file: MirrorFile) throws {
    self.file = MirrorFile(path: file.path + ".new", file)
    let path = self.file.path
    guard
      FileManager.default.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    else {
      throw MirrorFault("cannot create \(path): is the medium there, and may the service write?")
    }
    handle = try FileHandle(forUpdating: URL(filePath: path))
    number = Self.number(of: path)
    place = Place(end: start.position, acknowledged: nil)
    let first = MirrorEntry.beginning(start.position, head: start.head)
    let (bytes, tag) = try file.codec.seal(first, after: .zero)
    try handle.write(contentsOf: bytes)
    try handle.synchronize()
    (self.bytes, self.tag) = (bytes.count, tag)
  }

  private mutating func finish(as file: MirrorFile) throws {
    try LedgerFiles.rename(self.file.path, to: file.path)
    try LedgerFiles.syncFolder(of: file.path)
    self.file = file
  }

  mutating func append(_ entries: [MirrorEntry]) throws {
    var next = self
    var new: [UInt8] = []
    for entry in entries {
      let (bytes, tag) = try file.codec.seal(entry, after: next.tag)
      new += bytes
      next.tag = tag
      switch entry {
      case .beginning(let position, _), .record(let position, _): next.place.end = position
      case .acknowledged(let ack): next.place.acknowledged = ack
      }
    }
    try handle.seek(toOffset: UInt64(bytes))
    try handle.write(contentsOf: new)
    try handle.synchronize()
    // A file that somebody removed, or a medium that was unmounted, takes bytes that nobody finds again.
    guard Self.number(of: file.path) == number else {
      throw MirrorFault("\(file.path) is gone: put the medium back")
    }
    next.bytes += new.count
    self = next
  }

  var isWorthShortening: Bool { bytes > max(Self.leastBytes, 2 * shortBytes) }

  /// Writes what lies behind a place anew, and puts it in the file's place.
  func shortened(to start: ChainPlace) throws -> MirrorWriter {
    var new = try MirrorWriter(unfinished: start, file)
    var entries: [MirrorEntry] = []
    _ = try file.scan { place, bytes in
      guard place.position > start.position else { return }
      entries.append(.record(place.position, bytes))
      guard entries.count >= Self.entriesAtOnce else { return }
      try new.append(entries)
      entries = []
    }
    if let acknowledged = place.acknowledged { entries.append(.acknowledged(acknowledged)) }
    try new.append(entries)
    new.shortBytes = new.bytes
    try new.finish(as: file)
    return new
  }

  private static let entriesAtOnce = 1000

  private static func number(of path: String) -> Int? {
    // try?: a file that is not there has none.
    (try? FileManager.default.attributesOfItem(atPath: path))?[.systemFileNumber] as? Int
  }
}

/// Why a mirror cannot be written, and what to do.
struct MirrorFault: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
