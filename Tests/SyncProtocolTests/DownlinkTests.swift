import CanteenModel
import Testing

@testable import SyncProtocol

@Suite struct DownlinkTests {
  static let centre = SigningKey()

  @Test("an ack opens to what was sealed, and no changed byte passes")
  func ack() throws {
    let facts = AckFacts(
      terminal: TerminalID(3),
      position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(12)), head: .random(),
      nonce: .random(), challenge: .random(), timeMilliseconds: 5, nextSize: 500,
      nextEpoch: Epoch(2), epochToken: .random())
    let bytes = try AckCodec.seal(facts, key: Self.centre)
    #expect(try AckCodec.open(bytes, key: Self.centre.publicKey) == facts)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x10
      #expect(throws: WireError.self, "byte \(index)") {
        try AckCodec.open(changed, key: Self.centre.publicKey)
      }
    }
  }

  @Test("a page of the feed opens to what was sealed, with and without a rulebook")
  func feed() throws {
    for rulebook in [nil, Self.rulebook(sales: 1000)] {
      let page = Self.page(rulebook)
      let signed = try rulebook.map { try RulebookCodec.sign($0, key: Self.centre) }
      let bytes = try FeedCodec.seal(page, signedRulebook: signed, key: Self.centre)
      #expect(try FeedCodec.open(bytes, key: Self.centre.publicKey) == page)
    }
  }

  @Test(
    "a rulebook that contradicts itself is not signed, and one that another key signed not read")
  func badRulebook() throws {
    #expect {
      try RulebookCodec.sign(Self.rulebook(sales: 1001), key: Self.centre)
    } throws: { error in
      if case WireError.malformed = error { true } else { false }
    }
    let rulebook = Self.rulebook(sales: 1000)
    let forged = try RulebookCodec.sign(rulebook, key: SigningKey())
    let page = try FeedCodec.seal(
      Self.page(rulebook), signedRulebook: forged, key: Self.centre)
    #expect(throws: WireError.badSignature) {
      try FeedCodec.open(page, key: Self.centre.publicKey)
    }
    let signed = try RulebookCodec.sign(rulebook, key: Self.centre)
    #expect(try RulebookCodec.open(signed, key: Self.centre.publicKey) == rulebook)
    for index in signed.indices {
      var changed = signed
      changed[index] ^= 0x04
      #expect(throws: WireError.self, "byte \(index)") {
        try RulebookCodec.open(changed, key: Self.centre.publicKey)
      }
    }
  }

  @Test("a signed rulebook that contradicts itself is refused with its page")
  func signedContradiction() throws {
    let bytes = try serialized(
      try Self.centre.sign(
        try serialized(Canteen_V1_Rulebook(Self.rulebook(sales: 1001))), as: .rulebook))
    let page = try FeedCodec.seal(
      Self.page(Self.rulebook(sales: 1001)), signedRulebook: bytes, key: Self.centre)
    #expect {
      try FeedCodec.open(page, key: Self.centre.publicKey)
    } throws: { error in
      if case WireError.malformed = error { true } else { false }
    }
  }

  @Test("a full page of ordinary accounts fits into its limit")
  func fullPage() throws {
    let accounts = (1...Int64(WireLimit.accountsPerFeedPage)).map { Self.account($0) }
    let page = FeedPage(
      terminal: TerminalID(3), fromCursor: 0, toCursor: 1000, hasMore: true, accounts: accounts,
      rulebook: nil, timeMilliseconds: 5)
    let bytes = try FeedCodec.seal(page, key: Self.centre)
    #expect(bytes.count < FeedCodec.bytesLimit)
    #expect(try FeedCodec.open(bytes, key: Self.centre.publicKey).accounts.count == 1000)
  }

  @Test("a sequence that no database can hold is refused before anybody looks it up")
  func hugeSequence() throws {
    let facts = AckFacts(
      terminal: TerminalID(3),
      position: JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(UInt64(Int64.max))),
      head: .zero, nonce: .zero, challenge: .zero, timeMilliseconds: 5, nextSize: 500,
      nextEpoch: Epoch(2), epochToken: .zero)
    let bytes = try AckCodec.seal(facts, key: Self.centre)
    #expect(throws: WireError.malformed("ack.acked_sequence")) {
      try AckCodec.open(bytes, key: Self.centre.publicKey)
    }
  }

  @Test("a request for the feed survives, and a negative cursor is refused")
  func cursor() throws {
    let terminal = SigningKey()
    for nonce in [nil, Digest32.random()] {
      let cursor = FeedCursor(version: .max, rulebookVersion: 3)
      let bytes = try FeedCodec.encode(
        cursor, terminal: TerminalID(.max), echoedNonce: nonce, key: terminal)
      #expect(bytes.count <= FeedCodec.requestBytesLimit)
      #expect(
        try FeedCodec.decode(request: bytes, key: terminal.publicKey)
          == FeedRequest(terminal: TerminalID(.max), cursor: cursor, echoedNonce: nonce))
    }
    let negative = try FeedCodec.encode(
      FeedCursor(version: -1, rulebookVersion: 0), terminal: TerminalID(3), key: terminal)
    #expect(throws: WireError.malformed("feed request.cursor")) {
      try FeedCodec.decode(request: negative, key: terminal.publicKey)
    }
  }

  @Test("a request for the feed that another key signed, or that is an ack, is refused")
  func strangersRequest() throws {
    let terminal = SigningKey()
    let request = try FeedCodec.encode(
      FeedCursor(version: 1, rulebookVersion: 0), terminal: TerminalID(3), key: SigningKey())
    #expect(throws: WireError.badSignature) {
      try FeedCodec.decode(request: request, key: terminal.publicKey)
    }
    let page = try FeedCodec.seal(
      FeedPage(
        terminal: TerminalID(3), fromCursor: 1, toCursor: 1, hasMore: false, accounts: [],
        rulebook: nil, timeMilliseconds: 5), key: terminal)
    #expect(throws: WireError.badSignature) {
      try FeedCodec.decode(request: page, key: terminal.publicKey)
    }
  }

  static func page(_ rulebook: Rulebook?) -> FeedPage {
    FeedPage(
      terminal: TerminalID(3), fromCursor: 4, toCursor: 9, hasMore: false,
      accounts: [account(1), account(2)], rulebook: rulebook, timeMilliseconds: 5)
  }

  static func account(_ number: Int64) -> AccountSnapshot {
    AccountSnapshot(
      account: AccountID(number), maskedName: "王*明", status: .reportedLost,
      tranches: PurseAmounts(subsidy: Fen(-5), personal: Fen(.max)).withoutTranches,
      version: number,
      includes: number.isMultiple(of: 2)
        ? JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(9)) : nil,
      credentials: [Credential(kind: .cardSerial, value: [4, 1, 2, 3, 4, 5, 6])])
  }

  static func rulebook(sales: Int) -> Rulebook {
    Rulebook(
      version: 7, legalBasis: "测试", utcOffsetMinutes: 480,
      mealPeriods: [
        MealPeriod(number: 2, name: "午餐", startMinute: 660, endMinute: 780, price: Fen(1500))
      ], spendOrder: [.personal, .subsidy], singleLimit: Fen(10_000), salesPerMeal: sales,
      repeatGuardSeconds: 60)
  }
}
