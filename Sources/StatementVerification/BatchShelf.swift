import CanteenModel
import SyncProtocol

/// What terminals handed in, read from batches alone: every record under its id, with the one before it.
struct BatchShelf {
  struct Entry {
    let previous: Digest32
    let position: JournalPosition
    /// `nil` when its bytes say nothing that is known.
    let record: JournalRecord?
  }

  /// A head that a neighbour handed in, as its owner had signed it.
  struct Witnessed: Hashable {
    let head: ChainHead
    let witness: TerminalID
  }

  private var entries: [TerminalID: [Digest32: Entry]] = [:]
  /// Of the terminals whose keys are known; what is not genuine says nothing.
  private(set) var witnessed: Set<Witnessed> = []

  /// Reads batches whose signatures and chains hold.
  ///
  /// - Parameter keys: Those with which each terminal may have signed. Batches of other terminals are left aside.
  init(
    _ batches: [[UInt8]], keys: [TerminalID: [VerifyingKey]]
  ) throws(VerificationFailure) {
    for (number, bytes) in batches.enumerated() {
      do throws(WireError) {
        let claim = try BatchCodec.claim(of: bytes)
        guard let known = keys[claim.terminal] else { continue }
        guard let key = known.first(where: { $0.keyID == claim.keyID }) else {
          throw .badSignature
        }
        let batch = try BatchCodec.open(bytes, key: key)
        add(batch)
        note(batch, keys)
      } catch {
        throw .notGenuine("batch \(number + 1)", error)
      }
    }
  }

  private mutating func add(_ batch: OpenedBatch) {
    var previous = batch.facts.previousHead
    for (index, bytes) in batch.records.enumerated() {
      let sequence = SequenceNumber(batch.facts.first.number + UInt64(index))
      entries[batch.facts.terminal, default: [:]][batch.heads[index]] = Entry(
        previous: previous,
        position: JournalPosition(epoch: batch.facts.epoch, sequence: sequence),
        // try?: unknown bytes move no money; the chain holds them all the same.
        record: try? RecordCodec.decode(bytes))
      previous = batch.heads[index]
    }
  }

  private mutating func note(_ batch: OpenedBatch, _ keys: [TerminalID: [VerifyingKey]]) {
    for bytes in batch.witnessed {
      // try?: bytes that are no head, or another key's, say nothing.
      guard let claim = try? HeadCodec.claim(of: bytes) else { continue }
      // try?: the same.
      let heads = (keys[claim.terminal] ?? []).compactMap { try? HeadCodec.open(bytes, key: $0) }
      for head in heads where head.terminal != batch.facts.terminal {
        witnessed.insert(Witnessed(head: head, witness: batch.facts.terminal))
      }
    }
  }

  func entry(_ id: Digest32, of terminal: TerminalID) -> Entry? { entries[terminal]?[id] }

  /// The records of a terminal on the branches that end in some heads, by id.
  ///
  /// - Throws: A difference that names the first record that the batches lack.
  func covered(
    by heads: [StatementDocument.Head], of terminal: TerminalID
  ) throws(VerificationFailure) -> [Digest32: Entry] {
    var covered: [Digest32: Entry] = [:]
    for head in heads {
      var position = JournalPosition(
        epoch: Epoch(head.epoch), sequence: SequenceNumber(head.sequence))
      guard var id = Hexadecimal.bytes(head.head).flatMap({ Digest32($0) }) else {
        throw .difference(
          Difference("terminal \(terminal), a head", expected: "32 bytes", found: head.head))
      }
      while position.sequence > .none, covered[id] == nil {
        guard let entry = entry(id, of: terminal), entry.position == position else {
          throw .difference(
            Difference(
              "terminal \(terminal), record \(position.epoch)/\(position.sequence)",
              expected: "record \(id)", found: "none in the batches"))
        }
        covered[id] = entry
        id = entry.previous
        position = JournalPosition(
          epoch: position.epoch, sequence: SequenceNumber(position.sequence.number - 1))
      }
      guard position.sequence > .none || id == .zero else {
        throw .difference(
          Difference(
            "terminal \(terminal), epoch \(head.epoch)", expected: "a beginning", found: id))
      }
    }
    return covered
  }
}
