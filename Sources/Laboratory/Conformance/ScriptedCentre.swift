import CanteenModel
import Foundation
import LinkSecurity
import SyncProtocol
import SyncTransport

/// A centre that pulls from any terminal, believes nothing that it has not verified, and can do wrong on purpose.
/// It keeps nothing: the next one begins where the terminal does.
package final class ScriptedCentre {
  /// Who it is, and whom it calls.
  package struct Identity: Sendable {
    let authority: CertificateAuthority
    let key: SigningKey
    let terminal: TerminalID
    let terminalKey: VerifyingKey

    /// - Parameters:
    ///   - authority: The file of the authority that the terminal joined: key and certificate in PEM.
    ///   - key: The file of the key that signs acks: 32 bytes.
    ///   - terminalKey: What the terminal signs its records with, in 64 hexadecimal digits.
    /// - Throws: ``LaboratoryError/program(_:)``.
    package init(
      authority: String, key: String, terminal: UInt32, terminalKey: String
    ) throws(LaboratoryError) {
      do {
        self.authority = try CertificateAuthority(
          pem: try String(contentsOfFile: authority, encoding: .utf8))
        self.key = try SigningKey(rawBytes: Array(try Data(contentsOf: URL(filePath: key))))
        guard let bytes = Hexadecimal.bytes(terminalKey) else {
          throw LaboratoryError.program("a terminal's key has 64 hexadecimal digits")
        }
        self.terminalKey = try VerifyingKey(rawBytes: bytes)
      } catch {
        throw .program("the centre's identity cannot be read: \(error)")
      }
      self.terminal = TerminalID(terminal)
    }
  }

  /// A batch that was fetched and verified.
  struct Fetched {
    let batch: OpenedBatch
    /// Its end: what an honest ack names.
    var end: JournalPosition {
      JournalPosition(epoch: batch.facts.epoch, sequence: batch.facts.last)
    }
  }

  let identity: Identity
  private let address: LinkAddress
  private let caller: LinkCaller
  /// What the terminal's last batch echoed, and the nonce that it was given.
  private var given: Digest32?
  /// Where the chain ended that was acknowledged last.
  private var end: (position: JournalPosition, head: Digest32)?

  private static let patience = Duration.seconds(10)
  private static let answerLimit = 2 << 20
  /// A terminal that never comes to an end is none.
  private static let batchLimit = 1000

  /// - Throws: ``LaboratoryError/program(_:)``.
  package init(url: String, _ identity: Identity) throws(LaboratoryError) {
    self.identity = identity
    do {
      address = try LinkAddress(url)
      caller = try LinkCaller(
        try identity.authority.ownIdentity(now: ConformanceTerminal.now()),
        to: LinkCaller.Peer(
          .terminal(identity.terminal), of: identity.authority.anchor, mayExpire: true,
          now: { ConformanceTerminal.now() }))
    } catch {
      throw .program("\(error)")
    }
  }

  // MARK: - Asking

  func send(_ request: RawRequest) async throws -> RawAnswer {
    try await caller.send(request, to: address, within: Self.patience, upTo: Self.answerLimit)
  }

  /// Asks a route in a form.
  func ask(
    _ route: WireRoute, _ body: [UInt8] = [], in form: WireForm = .protobuf
  ) async throws -> RawAnswer {
    var fields = [("Accept", form.mediaType)]
    var bytes: [UInt8] = []
    if let takes = route.takes {
      fields.append(("Content-Type", form.mediaType))
      bytes = try form.write(body, as: takes.message)
    }
    return try await send(
      RawRequest(route.method.rawValue, route.path, fields: fields, body: bytes))
  }

  /// Fetches the next batch, and verifies its signature, its chain, and that it follows what was acknowledged.
  ///
  /// - Throws: ``Nonconformity``.
  func fetch(in form: WireForm = .protobuf) async throws -> Fetched {
    let answer = try await ask(.nextBatch, in: form)
    let bytes = try ConformanceTerminal.message(of: answer, .batch, in: form)
    let batch: OpenedBatch
    do {
      batch = try BatchCodec.open(bytes, key: identity.terminalKey)
    } catch {
      throw Nonconformity(expected: "a batch of the terminal's", came: "\(error)")
    }
    let facts = batch.facts
    guard facts.terminal == identity.terminal else {
      throw Nonconformity(
        expected: "a batch of terminal \(identity.terminal)", came: "one of \(facts.terminal)")
    }
    if let given, facts.echoedNonce != given {
      throw Nonconformity(
        expected: "the nonce of the last ack that it took", came: "another, or none")
    }
    if let end, facts.epoch == end.position.epoch {
      guard facts.first == end.position.sequence.next, facts.previousHead == end.head else {
        throw Nonconformity(
          expected: "records behind \(end.position.sequence), which was acknowledged",
          came: "records from \(facts.first)")
      }
    }
    return Fetched(batch: batch)
  }

  /// The ack of a batch; what an honest one says, where nothing else is said.
  func ack(
    of fetched: Fetched, position: JournalPosition? = nil, head: Digest32? = nil,
    challenge: Digest32? = nil, terminal: TerminalID? = nil
  ) -> AckFacts {
    let facts = fetched.batch.facts
    return AckFacts(
      terminal: terminal ?? identity.terminal, position: position ?? fetched.end,
      head: head ?? facts.head, nonce: .random(), challenge: challenge ?? facts.challenge,
      timeMilliseconds: ConformanceTerminal.now(), nextSize: WireLimit.recordsPerBatch,
      nextEpoch: Epoch(facts.epoch.number + 1), epochToken: .random())
  }

  /// Hands an honest ack over; the terminal must take it.
  ///
  /// - Parameter isTaken: Whether the records are; otherwise the ack names what was held before them.
  /// - Returns: The ack's bytes.
  func acknowledge(
    _ fetched: Fetched, taking isTaken: Bool = true, in form: WireForm = .protobuf
  ) async throws -> [UInt8] {
    let facts = fetched.batch.facts
    let before = JournalPosition(
      epoch: facts.epoch, sequence: SequenceNumber(facts.first.number - 1))
    let ack =
      isTaken ? ack(of: fetched) : ack(of: fetched, position: before, head: facts.previousHead)
    let bytes = try AckCodec.seal(ack, key: identity.key)
    let answer = try await ask(.takeAck, bytes, in: form)
    _ = try ConformanceTerminal.message(of: answer, .nothing, in: form)
    given = ack.nonce
    end = (ack.position, ack.head)
    return bytes
  }

  // MARK: - Pulling

  /// Fetches, verifies and acknowledges until nothing waits, then feeds a page without rows.
  ///
  /// - Parameter say: Told of each record.
  /// - Returns: How many records came.
  package func pull(_ say: (String) -> Void) async throws(LaboratoryError) -> Int {
    do {
      var count = 0
      for number in 0..<Self.batchLimit {
        let fetched = try await fetch(in: number.isMultiple(of: 2) ? .json : .protobuf)
        describe(fetched, say)
        _ = try await acknowledge(fetched, in: number.isMultiple(of: 2) ? .json : .protobuf)
        count += fetched.batch.records.count
        guard !fetched.batch.records.isEmpty else {
          try await feed()
          return count
        }
      }
      throw Nonconformity(expected: "an end", came: "\(Self.batchLimit) batches")
    } catch {
      throw .broken("terminal \(identity.terminal): \(error)")
    }
  }

  private func describe(_ fetched: Fetched, _ say: (String) -> Void) {
    let facts = fetched.batch.facts
    for (index, record) in fetched.batch.records.enumerated() {
      let place = "\(facts.epoch)/\(facts.first.number + UInt64(index))"
      let text: String
      do {
        text = "\(try RecordCodec.decode(record).body)"
      } catch {
        text = "\(record.count) bytes that are no record of this version: \(error)"
      }
      say("\(place) \(fetched.batch.heads[index]) \(text)")
    }
  }

  /// What the terminal asks of the feed.
  func feedRequest() async throws -> FeedRequest {
    let answer = try await ask(.takeFeed)
    let bytes = try ConformanceTerminal.message(of: answer, .signed)
    do {
      return try FeedCodec.decode(request: bytes, key: identity.terminalKey)
    } catch {
      throw Nonconformity(expected: "a request that the terminal signed", came: "\(error)")
    }
  }

  /// A page without rows that answers a request.
  func page(_ request: FeedRequest, echo nonce: Digest32?? = nil, key: SigningKey? = nil) throws
    -> [UInt8]
  {
    try FeedCodec.seal(
      FeedPage(
        terminal: identity.terminal, fromCursor: request.cursor.version,
        toCursor: request.cursor.version, hasMore: false, accounts: [], rulebook: nil,
        timeMilliseconds: ConformanceTerminal.now(), echoedNonce: nonce ?? request.echoedNonce),
      key: key ?? identity.key)
  }

  private func feed() async throws {
    let answer = try await ask(.takeFeed, try page(try await feedRequest()))
    _ = try ConformanceTerminal.message(of: answer, .signed)
  }
}
