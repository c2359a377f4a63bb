import CanteenModel
import Foundation
import SyncProtocol

/// What a mirror holds, as far as its entries are whole and genuine.
struct MirrorScan: Sendable {
  /// Behind here are its records.
  let beginning: ChainPlace
  /// The last record, or the beginning.
  fileprivate(set) var end: ChainPlace
  fileprivate(set) var acknowledged: MirroredAck?
  /// So many bytes of the file are whole entries; the last one has this tag.
  fileprivate(set) var wholeBytes: Int
  fileprivate(set) var tag: Digest32
}

/// The copy of a ledger's records on a second medium: a file that only grows.
///
/// A power cut may leave a part of the last entries at its end. Where an entry is not whole, or its tag is
/// not the terminal's own, everything behind it is not believed either.
struct MirrorFile: Sendable {
  let path: String
  let terminal: TerminalID
  let codec: MirrorCodec

  init(path: String, terminal: TerminalID, key: SigningKey) {
    self.path = path
    self.terminal = terminal
    codec = MirrorCodec(key: key, terminal: terminal)
  }

  /// The same mirror under another name.
  init(path: String, _ other: MirrorFile) {
    self.path = path
    (terminal, codec) = (other.terminal, other.codec)
  }

  var isThere: Bool { FileManager.default.fileExists(atPath: path) }

  /// Reads the entries in their order.
  ///
  /// - Parameter visit: Is given each record, and the head after it.
  /// - Returns: `nil` when there is no file, or none that begins as a mirror of this terminal.
  /// - Throws: What reading and `visit` throw.
  func scan(
    _ visit: (_ place: ChainPlace, _ bytes: [UInt8]) throws -> Void = { _, _ in }
  ) throws -> MirrorScan? {
    guard isThere else { return nil }
    let handle = try FileHandle(forReadingFrom: URL(filePath: path))
    defer { try? handle.close() }  // it was only read
    var reader = MirrorReader(handle: handle, codec: codec)
    guard case .beginning(let position, let head) = try reader.next() else { return nil }
    let place = ChainPlace(position: position, head: head)
    var scan = MirrorScan(
      beginning: place, end: place, acknowledged: nil, wholeBytes: reader.wholeBytes,
      tag: reader.tag)
    while let entry = try reader.next() {
      switch entry {
      case .acknowledged(let ack): scan.acknowledged = ack
      case .beginning: return scan
      case .record(let position, let bytes):
        guard position.follows(scan.end.position) else { return scan }
        let isNewEpoch = position.epoch > scan.end.position.epoch
        scan.end = ChainPlace(
          position: position,
          head: Chain.head(
            after: isNewEpoch ? .zero : scan.end.head, record: bytes, terminal: terminal,
            position: position))
        try visit(scan.end, bytes)
      }
      (scan.wholeBytes, scan.tag) = (reader.wholeBytes, reader.tag)
    }
    return scan
  }

  /// Gives the file a name that says what it is, and keeps it.
  ///
  /// - Returns: The new name.
  func putAside(at wallMilliseconds: Int64) throws -> String {
    let target = LedgerFiles.freeName("\(path).aside", at: wallMilliseconds)
    try FileManager.default.moveItem(atPath: path, toPath: target)
    return target
  }
}

extension JournalPosition {
  /// Whether a chain may go on here: the next record, or the first of a later epoch.
  fileprivate func follows(_ before: JournalPosition) -> Bool {
    epoch == before.epoch
      ? sequence == before.sequence.next
      : epoch > before.epoch && sequence == SequenceNumber(1)
  }
}

/// Takes entry after entry from a file.
private struct MirrorReader {
  let handle: FileHandle
  let codec: MirrorCodec
  private(set) var wholeBytes = 0
  private(set) var tag = Digest32.zero
  private var buffer: [UInt8] = []
  private var read = 0
  private static let bytesAtOnce = 256 * 1024

  init(handle: FileHandle, codec: MirrorCodec) {
    self.handle = handle
    self.codec = codec
  }

  /// - Returns: `nil` at the end of what is whole and genuine.
  mutating func next() throws -> MirrorEntry? {
    guard let prefix = try take(MirrorCodec.lengthBytes) else { return nil }
    let length = prefix.reduce(0) { $0 << 8 | Int($1) }
    guard (1...MirrorCodec.bytesLimit).contains(length),
      let body = try take(length), let bytes = try take(MirrorCodec.tagBytes),
      let stored = Digest32(bytes)
    else { return nil }
    // try?: an entry that is not genuine ends the mirror, as one that is not whole does.
    guard let entry = try? codec.open(body, tag: stored, after: tag) else { return nil }
    tag = stored
    wholeBytes += MirrorCodec.lengthBytes + length + MirrorCodec.tagBytes
    return entry
  }

  /// - Returns: `nil` when the file has fewer bytes.
  private mutating func take(_ count: Int) throws -> [UInt8]? {
    while buffer.count - read < count {
      buffer.removeFirst(read)
      read = 0
      guard let more = try handle.read(upToCount: Self.bytesAtOnce), !more.isEmpty else {
        return nil
      }
      buffer += more
    }
    defer { read += count }
    return Array(buffer[read..<(read + count)])
  }
}
