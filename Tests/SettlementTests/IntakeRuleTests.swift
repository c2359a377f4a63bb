import CanteenModel
import SettlementCore
import SyncProtocol
import Testing

@Suite struct IntakeRuleTests {
  /// Heads that differ, by number.
  static func head(_ number: UInt8) -> Digest32 {
    Digest32([UInt8](repeating: number, count: 32)) ?? .zero
  }

  static func batch(first: UInt64, heads: [UInt8], previous: UInt8) -> BatchFacts {
    BatchFacts(
      terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(first), count: heads.count,
      previousHead: head(previous), head: head(heads.last ?? previous), echoedNonce: nil,
      challenge: .zero)
  }

  /// Judges a batch against a chain that holds heads 1, 2, 3, … up to `last`.
  static func judge(first: UInt64, heads: [UInt8], previous: UInt8, last: UInt8) -> ChainVerdict {
    let before = first - 1
    let held = HeldChain(
      last: SequenceNumber(UInt64(last)),
      headBefore: before <= UInt64(last) ? head(UInt8(before)) : nil,
      heads: (first..<(first + UInt64(heads.count))).filter { $0 <= UInt64(last) }
        .map { head(UInt8($0)) })
    return ChainIntake.judge(
      batch(first: first, heads: heads, previous: previous), heads: heads.map(head), held: held)
  }

  @Test("a batch that follows is new from its first record on")
  func follows() {
    #expect(Self.judge(first: 4, heads: [4, 5], previous: 3, last: 3) == .extends(from: 0))
    #expect(Self.judge(first: 1, heads: [1], previous: 0, last: 0) == .extends(from: 0))
  }

  @Test("of a batch that overlaps only the tail is new")
  func overlaps() {
    #expect(Self.judge(first: 2, heads: [2, 3, 4], previous: 1, last: 3) == .extends(from: 2))
  }

  @Test("a batch that is held already, and an empty one at the end, bring nothing")
  func nothingNew() {
    #expect(Self.judge(first: 1, heads: [1, 2], previous: 0, last: 3) == .extends(from: 2))
    #expect(Self.judge(first: 4, heads: [], previous: 3, last: 3) == .extends(from: 0))
  }

  @Test("a batch beyond the end leaves a gap, and the centre wants what comes next")
  func gap() {
    let want = SequenceNumber(4)
    #expect(Self.judge(first: 5, heads: [5], previous: 4, last: 3) == .gap(want: want))
    #expect(Self.judge(first: 5, heads: [], previous: 4, last: 3) == .gap(want: want))
  }

  @Test("another record in a place that is held is a fork from there on")
  func fork() {
    #expect(
      Self.judge(first: 2, heads: [2, 93, 94], previous: 1, last: 4)
        == .fork(from: 1, at: SequenceNumber(3)))
    #expect(
      Self.judge(first: 4, heads: [94], previous: 93, last: 3)
        == .fork(from: 0, at: SequenceNumber(4)))
    #expect(
      Self.judge(first: 4, heads: [], previous: 93, last: 3)
        == .fork(from: 0, at: SequenceNumber(4)))
  }

  @Test("the last echoed nonce and any later one are current, an older or unknown one is stale")
  func nonces() {
    #expect(NonceRule.judge(echoed: 4, lastEchoed: 5) == .stale)
    #expect(NonceRule.judge(echoed: 5, lastEchoed: 5) == .current(ack: 5))
    #expect(NonceRule.judge(echoed: 7, lastEchoed: 5) == .current(ack: 7))
    #expect(NonceRule.judge(echoed: nil, lastEchoed: 5) == .stale)
    #expect(NonceRule.judge(echoed: 0, lastEchoed: 0) == .current(ack: 0))
    #expect(NonceRule.judge(echoed: 0, lastEchoed: 1) == .stale)
  }

  @Test("only epoch 1 begins without a token, and only the next epoch opens, with the last token")
  func epochs() {
    func judge(_ epoch: UInt32, _ newest: UInt32?, _ token: NonceStanding?) -> EpochStanding {
      EpochRule.judge(Epoch(epoch), newest: newest.map { Epoch($0) }, token: token)
    }
    #expect(judge(1, nil, nil) == .opens)
    #expect(judge(2, nil, .current(ack: 1)) == .unknown)
    #expect(judge(0, nil, nil) == .unknown)
    #expect(judge(0, 1, nil) == .unknown)
    #expect(judge(1, 2, nil) == .open)
    #expect(judge(2, 2, nil) == .open)
    #expect(judge(3, 2, nil) == .unknown)
    #expect(judge(3, 2, .stale) == .unknown)
    #expect(judge(3, 2, .current(ack: 8)) == .opens)
    #expect(judge(4, 2, .current(ack: 8)) == .unknown)
  }

  @Test(
    "a name shows its first and last character, of two the first, and never how long it is",
    arguments: [
      ("王小明", "王*明"), ("李雷", "李*"), ("欧阳小明", "欧*明"), ("王", "*"), ("Ann Lee", "A*e"),
    ])
  func masked(name: String, expected: String) {
    #expect(MaskedName.mask(name) == expected)
    #expect(MaskedName.mask("") == nil)
  }
}
