package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// A batch whose signature and chain were verified.
package struct OpenedBatch: Sendable {
  package let facts: BatchFacts
  /// The bytes of each record, as the terminal made them.
  package let records: [[UInt8]]
  /// The head after each record: its identity.
  package let heads: [Digest32]
  /// The header with its signature, as sent: with the records it proves who made them.
  package let signedHeader: [UInt8]
  /// What other terminals signed (``HeadCodec``), not verified. At most ``HeadCodec/limit``.
  package let witnessed: [[UInt8]]
}

/// What a batch says of itself, unverified.
package struct BatchClaim: Sendable {
  package let terminal: TerminalID
  /// The place before its first record, and the head there.
  package let behind: JournalPosition
  package let previousHead: Digest32
  /// Of the key that signed it: 8 bytes.
  package let keyID: [UInt8]
  package let handovers: [KeyHandover]
}

/// Batches to bytes and back. Signed as sent; the centre keeps the bytes.
package enum BatchCodec {
  static let format: UInt32 = 1

  /// Puts records that follow one another into a signed batch.
  ///
  /// - Parameters:
  ///   - records: 0...``WireLimit/recordsPerBatch`` of them, as stored.
  ///   - first: The sequence of the first record; of the next one when there is none.
  ///   - previousHead: The head before `first`.
  ///   - epochToken: What opens the epoch; in an open one it means nothing.
  ///   - newest: The terminal's newest record of the epoch, where it is known; the batch's last one counts.
  ///   - handovers: How `key` became the terminal's, as far as that is not long ago; at most
  ///     ``KeyHandover/limit``, oldest first.
  ///   - witnessed: Heads of other terminals as they signed them; at most ``HeadCodec/limit``.
  /// - Throws: ``WireError/tooLarge(_:)`` for too many records or bytes.
  package static func seal(
    _ records: [[UInt8]], terminal: TerminalID, epoch: Epoch, first: SequenceNumber,
    previousHead: Digest32, echoedNonce: Digest32?, challenge: Digest32,
    epochToken: Digest32? = nil, newest: SequenceNumber? = nil, handovers: [KeyHandover] = [],
    witnessed: [[UInt8]] = [], key: SigningKey
  ) throws(WireError) -> (bytes: [UInt8], facts: BatchFacts) {
    guard records.count <= WireLimit.recordsPerBatch else { throw .tooLarge("batch: records") }
    let heads = Chain.heads(
      after: previousHead, records: records, terminal: terminal, epoch: epoch, first: first)
    let facts = BatchFacts(
      terminal: terminal, epoch: epoch, first: first, count: records.count,
      previousHead: previousHead, head: heads.last ?? previousHead, echoedNonce: echoedNonce,
      challenge: challenge, epochToken: epochToken,
      newest: newest.map { max($0, SequenceNumber(first.number + UInt64(records.count) - 1)) })
    var batch = Canteen_V1_Batch()
    batch.header = try key.sign(try serialized(Canteen_V1_BatchHeader(facts)), as: .batch)
    batch.records = records.map { Data($0) }
    batch.handovers = handovers.map { Canteen_V1_KeyHandover($0) }
    for head in witnessed {
      batch.witnessed.append(try parsed(head, limit: HeadCodec.bytesLimit, "head"))
    }
    let bytes = try serialized(batch)
    guard bytes.count <= WireLimit.bytesPerBatch else { throw .tooLarge("batch: bytes") }
    return (bytes, facts)
  }

  /// What a batch says of itself, before anything is verified: only to find the key.
  package static func claim(of bytes: [UInt8]) throws(WireError) -> BatchClaim {
    let batch: Canteen_V1_Batch = try parsed(bytes, limit: WireLimit.bytesPerBatch, "batch")
    let header: Canteen_V1_BatchHeader = try parsed(
      Array(batch.header.body), limit: 1024, "batch.header")
    let facts = try header.model()
    guard batch.handovers.count <= KeyHandover.limit else { throw .tooLarge("batch.handovers") }
    var handovers: [KeyHandover] = []
    for handover in batch.handovers { handovers.append(try handover.model()) }
    return BatchClaim(
      terminal: facts.terminal,
      behind: JournalPosition(
        epoch: facts.epoch, sequence: SequenceNumber(facts.first.number - 1)),
      previousHead: facts.previousHead, keyID: Array(batch.header.keyID), handovers: handovers)
  }

  /// The heads that came with a batch, to be kept beside its header.
  ///
  /// - Returns: Bytes for ``rebuilt(header:records:witnessed:)``; `nil` without heads.
  package static func witnessedBytes(_ heads: [[UInt8]]) throws(WireError) -> [UInt8]? {
    guard !heads.isEmpty else { return nil }
    var batch = Canteen_V1_Batch()
    for head in heads {
      batch.witnessed.append(try parsed(head, limit: HeadCodec.bytesLimit, "head"))
    }
    return try serialized(batch)
  }

  /// A batch as its terminal signed it, put together from its header as kept (``OpenedBatch/signedHeader``), its
  /// records and the heads that came with it. What else went along unsigned, such as handovers, is not in it.
  package static func rebuilt(
    header: [UInt8], records: [[UInt8]], witnessed: [UInt8]? = nil
  ) throws(WireError) -> [UInt8] {
    var batch = Canteen_V1_Batch()
    if let witnessed {
      let kept: Canteen_V1_Batch = try parsed(
        witnessed, limit: (HeadCodec.bytesLimit + 8) * HeadCodec.limit, "heads")
      batch.witnessed = kept.witnessed
    }
    batch.header = try parsed(header, limit: 2048, "batch.header")
    batch.records = records.map { Data($0) }
    return try serialized(batch)
  }

  /// The head before a batch's first record, by its header as kept.
  package static func previousHead(ofHeader bytes: [UInt8]) throws(WireError) -> Digest32 {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: 2048, "batch.header")
    let header: Canteen_V1_BatchHeader = try parsed(
      Array(signed.body), limit: 1024, "batch.header")
    return try header.model().previousHead
  }

  /// The id of the key that signed a batch, by its header as kept (``OpenedBatch/signedHeader``).
  package static func keyID(ofHeader bytes: [UInt8]) throws(WireError) -> [UInt8] {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: 2048, "batch.header")
    return Array(signed.keyID)
  }

  /// Verifies the signature, the limits and the chain from the stated previous head to the stated head.
  ///
  /// Whether the previous head is the one that the reader holds is the reader's question.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> OpenedBatch {
    let batch: Canteen_V1_Batch = try parsed(bytes, limit: WireLimit.bytesPerBatch, "batch")
    let body = try key.open(batch.header, as: .batch)
    let header: Canteen_V1_BatchHeader = try parsed(body, limit: 1024, "batch.header")
    guard header.format == format else { throw .unsupported("batch.format \(header.format)") }
    let facts = try header.model()
    let records = batch.records.map { Array($0) }
    guard records.count <= WireLimit.recordsPerBatch else { throw .tooLarge("batch: records") }
    guard records.allSatisfy({ $0.count <= WireLimit.bytesPerRecord }) else {
      throw .tooLarge("batch: a record")
    }
    guard records.count == facts.count else { throw .malformed("batch.count") }
    let heads = Chain.heads(
      after: facts.previousHead, records: records, terminal: facts.terminal, epoch: facts.epoch,
      first: facts.first)
    #if SEEDED_BUGS
      let isWhole =
        heads.last ?? facts.previousHead == facts.head
        || SeededRuleBug.planted == .chainIsNotVerified
    #else
      let isWhole = heads.last ?? facts.previousHead == facts.head
    #endif
    guard isWhole else { throw .brokenChain }
    var witnessed: [[UInt8]] = []
    for head in batch.witnessed.prefix(HeadCodec.limit) { witnessed.append(try serialized(head)) }
    return OpenedBatch(
      facts: facts, records: records, heads: heads, signedHeader: try serialized(batch.header),
      witnessed: witnessed)
  }
}

extension BatchCodec {
  /// A batch with bytes put behind its header's, signed anew: what whoever holds the key could send, and no
  /// codec would. In protobuf the last of equal fields counts, and what is not known is kept.
  ///
  /// - Parameters:
  ///   - bytes: A batch that was sealed.
  ///   - fields: In protobuf.
  ///   - records: Put behind those that it has.
  ///   - kind: What the signature says that the header is.
  package static func resealed(
    _ bytes: [UInt8], fields: [UInt8], records: [[UInt8]] = [], as kind: SignedKind = .batch,
    key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var batch: Canteen_V1_Batch = try parsed(bytes, limit: .max, "batch")
    batch.header = try key.sign(Array(batch.header.body) + fields, as: kind)
    batch.records += records.map { Data($0) }
    return try serialized(batch)
  }
}

extension Canteen_V1_BatchHeader {
  fileprivate init(_ facts: BatchFacts) {
    self.init()
    format = BatchCodec.format
    terminal = facts.terminal.number
    epoch = facts.epoch.number
    firstSequence = facts.first.number
    count = UInt32(facts.count)
    previousHead = Data(facts.previousHead.bytes)
    head = Data(facts.head.bytes)
    echoedNonce = Data(facts.echoedNonce?.bytes ?? [])
    challenge = Data(facts.challenge.bytes)
    epochToken = Data(facts.epochToken?.bytes ?? [])
    newestSequence = facts.newest?.number ?? 0
  }

  fileprivate func model() throws(WireError) -> BatchFacts {
    guard terminal > 0 else { throw .malformed("batch.terminal") }
    guard epoch > 0 else { throw .malformed("batch.epoch") }
    // Far below what a signed integer holds, so that sums with a batch's length fit.
    guard firstSequence > 0, firstSequence < UInt64(1) << 62 else {
      throw .malformed("batch.first_sequence")
    }
    guard let previousHead = Digest32(previousHead) else { throw .malformed("batch.previous_head") }
    guard let head = Digest32(head) else { throw .malformed("batch.head") }
    guard let challenge = Digest32(challenge) else { throw .malformed("batch.challenge") }
    let nonce = Digest32(echoedNonce)
    guard nonce != nil || echoedNonce.isEmpty else { throw .malformed("batch.echoed_nonce") }
    let token = Digest32(epochToken)
    guard token != nil || epochToken.isEmpty else { throw .malformed("batch.epoch_token") }
    guard newestSequence == 0 || newestSequence >= firstSequence + UInt64(count) - 1,
      newestSequence < UInt64(1) << 62
    else { throw .malformed("batch.newest_sequence") }
    return BatchFacts(
      terminal: TerminalID(terminal), epoch: Epoch(epoch), first: SequenceNumber(firstSequence),
      count: Int(count), previousHead: previousHead, head: head, echoedNonce: nonce,
      challenge: challenge, epochToken: token,
      newest: newestSequence == 0 ? nil : SequenceNumber(newestSequence))
  }
}

/// Serializes a message of ours.
func serialized(_ message: some Message) throws(WireError) -> [UInt8] {
  do {
    return try message.serializedBytes()
  } catch {
    throw .malformed("\(type(of: message).protoMessageName): \(error)")
  }
}

/// Parses a message of at most `limit` bytes.
func parsed<M: Message>(
  _ bytes: [UInt8], limit: Int, _ name: String
) throws(WireError) -> M {
  guard bytes.count <= limit else { throw .tooLarge(name) }
  do {
    return try M(serializedBytes: bytes)
  } catch {
    throw .malformed(name)
  }
}
