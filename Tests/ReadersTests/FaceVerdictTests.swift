import Testing

@testable import Readers

@Suite struct FaceVerdictTests {
  private func success(_ user: UInt16, unlock: UInt8? = 0xC8) -> [UInt8] {
    let head = [UInt8(user >> 8), UInt8(user & 0xFF)] + [UInt8](repeating: 0, count: 33)
    return head + (unlock.map { [$0] } ?? [])
  }

  private func verdict(
    _ result: UInt8, _ payload: [UInt8] = [], _ family: FaceFamily = .fm22x
  ) -> FaceVerdict {
    FaceVerdict(FaceResult(rawValue: result), payload: payload, family)
  }

  @Test("a success of the EF AA family is a person only when it says alive with open eyes")
  func unlockStatus() {
    #expect(verdict(0, success(5)) == .person(5))
    for unlock in UInt8.min...UInt8.max where unlock != 0xC8 {
      #expect(verdict(0, success(5, unlock: unlock)) == .unreadable(.notAlive))
    }
    #expect(verdict(0, success(5, unlock: nil)) == .unreadable(.notAlive))
    #expect(verdict(0, [0, 5]) == .unreadable(.notAlive))
  }

  @Test("a success of a TX510 is alive, because its spoof results come in place of a success")
  func ownResults() {
    #expect(verdict(0, [0, 5], .tx510) == .person(5))
    #expect(verdict(0, [0, 0], .tx510) == .person(0))
    #expect(verdict(6, [], .tx510) == .unreadable(.notAlive))
    #expect(verdict(7, [], .tx510) == .unreadable(.notAlive))
  }

  @Test(
    "the numbers of demo mode are nobody",
    arguments: [(0xFFFF, .fm22x), (0, .fm22x), (0xFFFF, .tx510)] as [(UInt16, FaceFamily)])
  func demo(user: UInt16, family: FaceFamily) {
    #expect(verdict(0, success(user), family) == .unreadable(.unknownFace))
    #expect(verdict(0, success(1), family) == .person(1))
    #expect(verdict(0, success(0xFFFE), family) == .person(0xFFFE))
  }

  @Test("a success that does not say whom is a failure", arguments: FaceFamily.allCases)
  func nameless(family: FaceFamily) {
    for payload in [[], [0]] as [[UInt8]] {
      guard case .failed = verdict(0, payload, family) else {
        Issue.record("\(payload) is no failure")
        continue
      }
    }
  }

  @Test(
    "each other result is what the reference says",
    arguments: [
      (8, .fm22x, .unreadable(.unknownFace)), (12, .fm22x, .unreadable(.notAlive)),
      (13, .fm22x, .nobody), (1, .fm22x, .refused), (2, .fm22x, .refused),
      (4, .fm22x, .failed("recognition failed: its camera failed")),
      (99, .fm22x, .failed("recognition failed: result 99")),
      (8, .tx510, .unreadable(.unknownFace)), (1, .tx510, .nobody), (3, .tx510, .nobody),
      (10, .tx510, .failed("recognition failed: saving failed")),
    ] as [(UInt8, FaceFamily, FaceVerdict)])
  func results(result: UInt8, family: FaceFamily, expected: FaceVerdict) {
    #expect(verdict(result, [], family) == expected)
  }

  @Test("a name has 31 bytes of UTF-8 and no zero")
  func names() {
    #expect(FaceName(String(repeating: "a", count: 31)) != nil)
    #expect(FaceName(String(repeating: "a", count: 32)) == nil)
    #expect(FaceName("张三张三张三张三张三") != nil)
    #expect(FaceName("张三张三张三张三张三张") == nil)
    #expect(FaceName("a\0b") == nil)
    #expect(FaceName("张三").map { FaceName.text($0.field) } == "张三")
    #expect(FaceName("")?.field.count == 32)
  }

  @Test("a list of users is as long as its count says, whatever fills it up")
  func lists() {
    #expect(FaceSession.users(in: [2, 0, 1, 0, 5, 0, 0], .fm22x) == [1, 5])
    #expect(FaceSession.users(in: [0], .fm22x) == [])
    #expect(FaceSession.users(in: [2, 0, 1, 0], .fm22x) == nil)
    #expect(FaceSession.users(in: [], .fm22x) == nil)
    #expect(FaceSession.users(in: [0, 1, 0, 7], .tx510) == [7])
    #expect(FaceSession.users(in: [0], .tx510) == nil)
  }

  @Test("one order waits at a time, and every order is answered")
  func orders() async {
    let outlet = FaceOutlet()
    func post() -> AsyncStream<FaceAnswer> {
      let (answers, reply) = AsyncStream<FaceAnswer>.makeStream()
      outlet.post(
        FaceTicket(order: .status, deadline: .seconds(1), progress: { _ in }, reply: reply))
      return answers
    }
    let first = post()
    #expect(await post().first { _ in true } == .busy)
    outlet.takeOrder()?.answer(.done)
    #expect(await first.first { _ in true } == .done)
    #expect(await post().first { _ in true } == .busy)
    outlet.orderEnded()
    let second = post()
    outlet.close()
    #expect(await second.first { _ in true } == .readerAway)
    #expect(await post().first { _ in true } == .readerAway)
  }
}
