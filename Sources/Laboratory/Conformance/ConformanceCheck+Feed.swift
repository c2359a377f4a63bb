import CanteenModel
import SyncProtocol
import SyncTransport

extension ConformanceCheck {
  /// A feed that never ends is none.
  private static let pageLimit = 1000

  static let feed: [ConformanceCheck] = [
    ConformanceCheck("feed", .feed) { terminal in
      var cursor = FeedCursor(version: 0, rulebookVersion: 0)
      for _ in 0..<pageLimit {
        let page = try await page(behind: cursor, terminal)
        terminal.fed += page.accounts
        cursor = FeedCursor(
          version: page.toCursor, rulebookVersion: page.rulebook?.version ?? cursor.rulebookVersion)
        guard page.hasMore || page.rulebook != nil else { return terminal.cursor = cursor }
      }
      throw Nonconformity(expected: "an end of the feed", came: "\(pageLimit) pages")
    },
    ConformanceCheck("feed-from-the-end", .feed) { terminal in
      let page = try await page(behind: terminal.cursor, terminal)
      guard page.rulebook == nil else {
        throw Nonconformity(
          expected: "no rulebook that the terminal has already", came: "one")
      }
    },
    ConformanceCheck("feed-json", .feed) { terminal in
      _ = try await page(behind: terminal.cursor, terminal, in: .json)
    },
    ConformanceCheck("feed-other-signature", .feed) { terminal in
      let answer = try await terminal.post(
        tampered(try request(behind: terminal.cursor, terminal)), to: .askFeed)
      try ConformanceTerminal.expect(answer, .notGenuine)
    },
    ConformanceCheck("feed-of-another", .feed) { terminal in
      let request = try FeedCodec.encode(
        terminal.cursor, terminal: TerminalID(terminal.id.number ^ 1 | 2),
        echoedNonce: terminal.ack?.nonce, key: terminal.key)
      try ConformanceTerminal.expect(
        try await terminal.post(request, to: .askFeed), .malformed)
    },
  ]

  private static func request(
    behind cursor: FeedCursor, _ terminal: ConformanceTerminal
  ) throws -> [UInt8] {
    try FeedCodec.encode(
      cursor, terminal: terminal.id, echoedNonce: terminal.ack?.nonce, key: terminal.key)
  }

  private static func page(
    behind cursor: FeedCursor, _ terminal: ConformanceTerminal, in form: WireForm = .protobuf
  ) async throws -> FeedPage {
    guard let key = terminal.centreKey else { preconditionFailure("it has joined") }
    let answer = try await terminal.post(
      try request(behind: cursor, terminal), to: .askFeed, in: form)
    let bytes = try ConformanceTerminal.message(of: answer, .signed, in: form)
    let page: FeedPage
    do {
      page = try FeedCodec.open(bytes, key: key)
    } catch {
      throw Nonconformity(expected: "a page that the centre's key signed", came: "\(error)")
    }
    guard page.terminal == terminal.id, page.fromCursor == cursor.version else {
      throw Nonconformity(
        expected: "a page for terminal \(terminal.id) behind cursor \(cursor.version)",
        came: "one for terminal \(page.terminal) behind \(page.fromCursor)")
    }
    guard page.echoedNonce == terminal.ack?.nonce else {
      throw Nonconformity(expected: "the request's echoed nonce in the page", came: "another")
    }
    guard !page.hasMore || page.toCursor > page.fromCursor else {
      throw Nonconformity(expected: "a cursor that moves while more waits", came: "the same one")
    }
    return page
  }

  static let holds: [ConformanceCheck] = [
    ConformanceCheck("hold", .holds) { terminal in
      let account = terminal.fed.last { $0.status == .active }?.account ?? unknownAccount
      let request = hold(of: account, terminal)
      let first = try await ask(request, terminal)
      let again = try await terminal.post(
        try HoldCodec.seal(request, key: terminal.key), to: .askHold)
      guard again.status == 200, again.body == first.body else {
        throw Nonconformity(
          expected: "the stored answer, byte for byte", came: ConformanceTerminal.words(again))
      }
      // Time alone never gives it back.
      try terminal.append(.holdReleased(HoldReleased(hold: request.id, account: account)))
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("hold-json", .holds) { terminal in
      let request = hold(of: unknownAccount, terminal)
      _ = try await ask(request, terminal, in: .json)
    },
    ConformanceCheck("hold-of-nobody", .holds) { terminal in
      let answer = try await verdict(of: hold(of: unknownAccount, terminal), terminal)
      guard answer.verdict == .refused(.unknownAccount), answer.account == nil else {
        throw Nonconformity(
          expected: "a signed refusal: UNKNOWN_ACCOUNT", came: "\(answer.verdict)")
      }
    },
    ConformanceCheck("hold-number-of-another-request", .holds) { terminal in
      let request = hold(of: unknownAccount, terminal)
      _ = try await ask(request, terminal)
      let other = HoldRequest(
        terminal: terminal.id, id: request.id, account: request.account, asked: Fen(2),
        least: Fen(1), ownSales: [], echoedNonce: terminal.ack?.nonce, challenge: .random())
      let answer = try await terminal.post(
        try HoldCodec.seal(other, key: terminal.key), to: .askHold)
      try ConformanceTerminal.expect(answer, .refused)
    },
    ConformanceCheck("hold-given-back-before", .holds) { terminal in
      let request = hold(of: unknownAccount, terminal)
      try terminal.append(.holdReleased(HoldReleased(hold: request.id, account: unknownAccount)))
      try await terminal.settle(try terminal.batch())
      let answer = try await verdict(of: request, terminal)
      guard answer.verdict == .refused(.released) else {
        throw Nonconformity(expected: "a signed refusal: RELEASED", came: "\(answer.verdict)")
      }
    },
    ConformanceCheck("hold-other-signature", .holds) { terminal in
      let bytes = try HoldCodec.seal(hold(of: unknownAccount, terminal), key: terminal.key)
      try ConformanceTerminal.expect(
        try await terminal.post(tampered(bytes), to: .askHold), .notGenuine)
    },
    ConformanceCheck("refund-of-no-sale", .holds) { terminal in
      let request = RefundHoldRequest(
        terminal: terminal.id, id: HoldID(.random()), seller: TerminalID(4_000_000_000),
        epoch: nil, sequence: SequenceNumber(1), amount: nil, challenge: .random())
      guard let key = terminal.centreKey else { preconditionFailure("it has joined") }
      let answer = try await terminal.post(
        try RefundHoldCodec.seal(request, key: terminal.key), to: .askRefund)
      let bytes = try ConformanceTerminal.message(of: answer, .signed)
      let read = try RefundHoldCodec.open(answer: bytes, key: key)
      guard read.answers(request), read.verdict == .refused(.unknownSale) else {
        throw Nonconformity(expected: "a signed refusal: UNKNOWN_SALE", came: "\(read.verdict)")
      }
    },
  ]

  /// Nobody's.
  private static let unknownAccount = AccountID(9_000_000_000_000)

  private static func hold(
    of account: AccountID, _ terminal: ConformanceTerminal
  ) -> HoldRequest {
    HoldRequest(
      terminal: terminal.id, id: HoldID(.random()), account: account, asked: Fen(1), least: Fen(1),
      ownSales: [], echoedNonce: terminal.ack?.nonce, challenge: .random())
  }

  private static func ask(
    _ request: HoldRequest, _ terminal: ConformanceTerminal, in form: WireForm = .protobuf
  ) async throws -> RawAnswer {
    let answer = try await terminal.post(
      try HoldCodec.seal(request, key: terminal.key), to: .askHold, in: form)
    _ = try read(answer, of: request, terminal, in: form)
    return answer
  }

  private static func verdict(
    of request: HoldRequest, _ terminal: ConformanceTerminal
  ) async throws -> HoldAnswer {
    try read(try await ask(request, terminal), of: request, terminal, in: .protobuf)
  }

  private static func read(
    _ answer: RawAnswer, of request: HoldRequest, _ terminal: ConformanceTerminal, in form: WireForm
  ) throws -> HoldAnswer {
    guard let key = terminal.centreKey else { preconditionFailure("it has joined") }
    let bytes = try ConformanceTerminal.message(of: answer, .signed, in: form)
    let read: HoldAnswer
    do {
      read = try HoldCodec.open(answer: bytes, key: key)
    } catch {
      throw Nonconformity(expected: "an answer that the centre's key signed", came: "\(error)")
    }
    guard read.answers(request) else {
      throw Nonconformity(
        expected: "an answer to this request, with its number and challenge",
        came: "one to another")
    }
    return read
  }
}
