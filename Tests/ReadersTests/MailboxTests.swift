import CanteenModel
import Testing

@testable import Readers

@Suite struct MailboxTests {
  private func order() -> (SignalOrder, AsyncStream<SignalOutcome>) {
    let (outcomes, reply) = AsyncStream<SignalOutcome>.makeStream()
    let order = SignalOrder(signal: .approved, deadline: .seconds(3600), reply: reply)
    return (order, outcomes)
  }

  private func check(_ notice: [UInt8]) throws -> CardReaderCheck {
    try #require(CardReaderCheck(notice: notice))
  }

  @Test("a signal is served before a thousand notices, which are one check that says it all")
  func chatter() async throws {
    let mailbox = CardReaderMailbox()
    mailbox.post(try check([0x50, 0x02]))
    for _ in 0..<1000 { mailbox.post(try check([0x50, 0x03])) }
    mailbox.post(order().0)
    guard case .signal = await mailbox.next() else {
      Issue.record("the signal waits")
      return
    }
    guard case .check(let check) = await mailbox.next() else {
      Issue.record("the check is lost")
      return
    }
    #expect(check.saysAbsent)
    #expect(check.isNoticed)
    mailbox.post(order().0)
    guard case .signal = await mailbox.next() else {
      Issue.record("a second check was kept")
      return
    }
  }

  @Test("a notice of an empty slot that came before the card was powered on is forgotten")
  func staleAbsence() async throws {
    let mailbox = CardReaderMailbox()
    mailbox.post(try check([0x50, 0x02]))
    mailbox.forgetAbsence()
    mailbox.post(try check([0x50, 0x03]))
    guard case .check(let check) = await mailbox.next() else {
      Issue.record("the check is lost")
      return
    }
    #expect(!check.saysAbsent)
  }

  @Test("a notice of no bytes is no reason to ask")
  func emptyNotice() {
    #expect(CardReaderCheck(notice: []) == nil)
  }

  @Test("one signal more than there is room for is answered as not shown at once")
  func capacity() async {
    let mailbox = CardReaderMailbox()
    var waiting: [AsyncStream<SignalOutcome>] = []
    for _ in 0..<CardReaderMailbox.signalCapacity {
      let (order, outcomes) = order()
      mailbox.post(order)
      waiting.append(outcomes)
    }
    let (order, outcomes) = order()
    mailbox.post(order)
    #expect(await outcomes.first { _ in true } == .readerAway)
    mailbox.close()
    for outcomes in waiting { #expect(await outcomes.first { _ in true } == .readerAway) }
  }

  @Test("a signal that is posted after the end is answered as not shown")
  func closed() async {
    let mailbox = CardReaderMailbox()
    mailbox.close()
    let (order, outcomes) = order()
    mailbox.post(order)
    #expect(await outcomes.first { _ in true } == .readerAway)
  }

  @Test("an alarm does not wait for one that comes later", .timeLimit(.minutes(1)))
  func alarms() async throws {
    let mailbox = CardReaderMailbox()
    await withTaskGroup { group in
      group.addTask { await mailbox.runAlarm() }
      mailbox.wake(after: .seconds(3600))
      await Task.yield()
      mailbox.wake(after: .milliseconds(1))
      _ = await mailbox.next()
      group.cancelAll()
    }
  }
}
