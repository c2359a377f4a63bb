import CanteenModel
import TerminalCore
import Testing

@Suite struct PeerGroupTests {
  private static let greeting = PeerGroup.greetingMilliseconds

  private static func group(_ others: [UInt32] = [3, 2], at now: Int64 = 1_000) -> PeerGroup {
    var group = PeerGroup()
    group.enter(others.map { TerminalID($0) }, at: now)
    return group
  }

  @Test("nobody is asked before it answered a greeting, and everybody is greeted at once")
  func begins() {
    var group = Self.group()
    #expect(group.answering.isEmpty)
    #expect(group.due(at: 999).isEmpty)
    #expect(group.due(at: 1_000) == [TerminalID(2), TerminalID(3)])
    group.heard(TerminalID(3), at: 1_500)
    #expect(group.answering == [TerminalID(3)])
    #expect(group.due(at: 1_500) == [TerminalID(2)])
    #expect(group.due(at: 1_500 + Self.greeting - 1) == [TerminalID(2)])
    #expect(group.due(at: 1_500 + Self.greeting) == [TerminalID(2), TerminalID(3)])
  }

  @Test("who does not answer once is not waited for until it answers a greeting")
  func mute() {
    var group = Self.group()
    group.heard(TerminalID(2), at: 1_000)
    group.missed(TerminalID(2), at: 2_000)
    #expect(group.answering.isEmpty)
    #expect(group.due(at: 2_000 + Self.greeting - 1) == [TerminalID(3)])
    #expect(group.due(at: 2_000 + Self.greeting) == [TerminalID(2), TerminalID(3)])
    group.heard(TerminalID(2), at: 5_000)
    #expect(group.peers.first?.answersSince == 5_000)
    group.heard(TerminalID(2), at: 6_000)
    #expect(group.peers.first?.answersSince == 5_000)
  }

  @Test(
    "who stays mute is greeted ever more rarely, but never more rarely than that",
    arguments: [(1, 2_000), (2, 4_000), (3, 8_000), (4, 16_000), (5, 16_000), (70, 16_000)]
      as [(Int, Int64)])
  func backsOff(misses: Int, pause: Int64) {
    var group = Self.group([2])
    for _ in 0..<misses { group.missed(TerminalID(2), at: 10_000) }
    #expect(group.nextGreeting == 10_000 + pause)
    group.heard(TerminalID(2), at: 20_000)
    group.missed(TerminalID(2), at: 20_000)
    #expect(group.nextGreeting == 20_000 + Self.greeting)
  }

  @Test("who is heard of is greeted soon, once, and not sooner than soon")
  func noticed() {
    var group = Self.group([2])
    func notice(_ terminal: UInt32, at now: Int64) -> Bool {
      group.noticed(TerminalID(terminal), at: now)
    }
    #expect(notice(2, at: 1_000) == false)
    for _ in 0..<4 { group.missed(TerminalID(2), at: 1_000) }
    #expect(notice(3, at: 2_000) == false)
    #expect(notice(2, at: 2_000) == true)
    #expect(group.nextGreeting == 2_000 + PeerGroup.shortestPauseMilliseconds)
    #expect(notice(2, at: 2_000) == false)
    group.heard(TerminalID(2), at: 4_000)
    #expect(notice(2, at: 4_000) == false)
    #expect(group.nextGreeting == 4_000 + Self.greeting)
    #expect(PeerGroup().nextGreeting == nil)
  }

  @Test("a new roster keeps the standing of those who stay, and forgets the others")
  func roster() {
    var group = Self.group()
    group.heard(TerminalID(2), at: 1_500)
    group.heard(TerminalID(3), at: 1_500)
    group.enter([TerminalID(4), TerminalID(3)], at: 2_000)
    #expect(group.peers.map(\.terminal) == [TerminalID(3), TerminalID(4)])
    #expect(group.answering == [TerminalID(3)])
    group.heard(TerminalID(2), at: 2_500)
    group.missed(TerminalID(2), at: 2_500)
    #expect(group.answering == [TerminalID(3)])
  }

  @Test("a group is one other terminal, or all of them, as the rules say")
  func isGroup() {
    var group = Self.group()
    func standing() -> [Bool] { PeerGrouping.allCases.map { group.isGroup($0) } }
    #expect(standing() == [false, false, false])
    group.heard(TerminalID(2), at: 1_000)
    #expect(standing() == [false, true, false])
    group.heard(TerminalID(3), at: 1_000)
    #expect(standing() == [false, true, true])
    group.enter([], at: 1_000)
    #expect(standing() == [false, false, false])
  }
}
