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
  static func judge(
    first: UInt64, heads: [UInt8], previous: UInt8, last: UInt8, followsFork: Bool = false
  ) -> ChainVerdict {
    let before = first - 1
    let held = HeldChain(
      last: SequenceNumber(UInt64(last)),
      headBefore: before <= UInt64(last) ? head(UInt8(before)) : nil,
      heads: (first..<(first + UInt64(heads.count))).filter { $0 <= UInt64(last) }
        .map { head(UInt8($0)) }, followsFork: followsFork)
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

  @Test("a batch beyond the end leaves a gap")
  func gap() {
    #expect(Self.judge(first: 5, heads: [5], previous: 4, last: 3) == .gap)
    #expect(Self.judge(first: 5, heads: [], previous: 4, last: 3) == .gap)
  }

  @Test("a branch that goes on is a fork, never a gap, wherever the accepted branch ends")
  func branchGoesOn() {
    for last in [3, 4, 5, 9] as [UInt8] {
      #expect(
        Self.judge(first: 5, heads: [95, 96], previous: 94, last: last, followsFork: true)
          == .fork(from: 0, at: SequenceNumber(5)))
    }
  }

  @Test("what a row includes is named along the branch that asks, and never behind its end")
  func spokenEnd() {
    func at(_ epoch: UInt32, _ sequence: UInt64) -> JournalPosition {
      JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
    }
    let end = SpokenEnd(position: at(1, 40), isAccepted: true, hasOlderFork: false)
    #expect(end.includes(nil) == nil)
    #expect(end.includes(at(1, 40)) == at(1, 40))
    #expect(end.includes(at(1, 41)) == at(1, 40), "a restored image has no record 41 yet")
    #expect(end.includes(at(1, 7)) == at(1, 7))
    let fork = SpokenEnd(position: at(1, 40), isAccepted: false, hasOlderFork: false)
    for included in [nil, at(1, 7), at(1, 90)] { #expect(fork.includes(included) == at(1, 40)) }
    let behind = SpokenEnd(position: at(2, 5), isAccepted: true, hasOlderFork: true)
    #expect(behind.includes(at(1, 90)) == at(2, 0))
    #expect(behind.includes(nil) == at(2, 0))
    #expect(behind.includes(at(2, 3)) == at(2, 3))
  }

  @Test("another record in a place that is held is a fork from there on")
  func fork() {
    #expect(
      Self.judge(first: 2, heads: [2, 93, 94], previous: 1, last: 4)
        == .fork(from: 1, at: SequenceNumber(3)))
  }

  @Test("what follows a record that nobody has is a gap, also beside the accepted branch")
  func unknownBranch() {
    #expect(Self.judge(first: 4, heads: [94], previous: 93, last: 3) == .gap)
    #expect(Self.judge(first: 4, heads: [], previous: 93, last: 9) == .gap)
  }

  @Test("the last echoed nonce and any later one are current, an older or unknown one is stale")
  func nonces() {
    #expect(NonceRule.judge(echoed: 4, lastEchoed: 5, newest: 7) == .stale)
    #expect(NonceRule.judge(echoed: 5, lastEchoed: 5, newest: 7) == .current(ack: 5))
    #expect(NonceRule.judge(echoed: 6, lastEchoed: 5, newest: 7) == .stale)
    #expect(NonceRule.judge(echoed: 7, lastEchoed: 5, newest: 7) == .current(ack: 7))
    #expect(NonceRule.judge(echoed: nil, lastEchoed: 5, newest: 7) == .stale)
    #expect(NonceRule.judge(echoed: 0, lastEchoed: 0, newest: 0) == .current(ack: 0))
    #expect(NonceRule.judge(echoed: 0, lastEchoed: 1, newest: 1) == .stale)
    #expect(NonceRule.judge(offered: 4, lastEchoed: 5) == .stale)
    #expect(NonceRule.judge(offered: 5, lastEchoed: 5) == .current(ack: 5))
    #expect(NonceRule.judge(offered: 6, lastEchoed: 5) == .current(ack: 6))
    #expect(NonceRule.judge(offered: nil, lastEchoed: 5) == .stale)
  }

  @Test("a terminal that has less than the centre took from it is an older image, or a copy")
  func behind() {
    let held = SequenceNumber(9)
    #expect(NonceRule.isBehind(newest: SequenceNumber(8), held: held))
    #expect(!NonceRule.isBehind(newest: SequenceNumber(9), held: held))
    #expect(!NonceRule.isBehind(newest: nil, held: held))
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
