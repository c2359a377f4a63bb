import CanteenModel
import SyncProtocol

/// A record of a batch with what could be read from its bytes.
struct ReadRecord {
  let bytes: [UInt8]
  /// The chain head after the record: its identity.
  let id: Digest32
  let position: JournalPosition
  /// `nil` when the bytes are no record that this version knows.
  let record: JournalRecord?

  static func all(of batch: OpenedBatch) -> [ReadRecord] {
    var read: [ReadRecord] = []
    read.reserveCapacity(batch.records.count)
    for (index, bytes) in batch.records.enumerated() {
      read.append(
        ReadRecord(
          bytes: bytes, id: batch.heads[index],
          position: JournalPosition(
            epoch: batch.facts.epoch,
            sequence: SequenceNumber(batch.facts.first.number + UInt64(index))),
          // Whatever is wrong with the bytes, the posting rule says what follows.
          record: try? RecordCodec.decode(bytes)))
    }
    return read
  }

  /// The same bytes as those of a record that nobody can read.
  var unread: ReadRecord { ReadRecord(bytes: bytes, id: id, position: position, record: nil) }
}
