import CanteenModel
import SettlementCore
import Testing

/// The judgement, asked about every role, every verb, and a tree of places.
@Suite struct AccessTests {
  /// Two units in two counties of one city, each with a canteen, a caterer and an account.
  private static func place(_ number: Int64) -> Subject {
    var subject = Subject()
    subject.regions = [10 + number, 1]
    subject.unit = UnitID(UInt32(number))
    subject.canteen = CanteenID(UInt32(number))
    subject.caterer = CatererID(UInt32(number))
    subject.account = AccountID(number)
    return subject
  }

  private static func scopes(of kind: Scope.Kind, at number: Int64) -> Scope? {
    switch kind {
    case .everything: .everything
    case .region: .region(10 + number)
    default: Scope("\(kind.rawValue):\(number)")
    }
  }

  private static func mayAct(_ judgement: AccessJudgement) -> Bool {
    judgement == .allowed || judgement == .allowedWithSecond
  }

  private static let judged = Verb.allCases.filter { $0.rule.caller == .role }

  /// Everything that the matrix must never say, as it says it.
  private static func faults() -> [String] {
    var faults: [String] = []
    for verb in judged {
      let rule = verb.rule
      for role in Role.allCases {
        for kind in Scope.Kind.allCases {
          for number in [Int64(1), 2] {
            guard let scope = scopes(of: kind, at: number) else { continue }
            let grants = [Grant(role, scope)]
            for (name, subject, lies) in [
              ("own", place(number), true), ("other", place(3 - number), false),
              ("whole", Subject.whole, false),
            ] {
              let may = mayAct(Access.judge(verb, on: subject, by: grants))
              let reaches = lies || scope == .everything || rule.reach == .role
              let should = rule.first.contains(role) && role.scopes.contains(kind) && reaches
              if may != should { faults.append("\(verb) \(role) \(scope) \(name): \(may)") }
              let second = Access.judgeSecond(verb, on: subject, isProposer: false, by: grants)
              let shouldSecond =
                rule.second.contains(role) && role.scopes.contains(kind) && reaches
              if (second == .allowed) != shouldSecond {
                faults.append("\(verb) second \(role) \(scope) \(name): \(second)")
              }
            }
            let own = Access.judgeSecond(verb, on: place(number), isProposer: true, by: grants)
            if own == .allowed { faults.append("\(verb) \(role) \(scope) decides on the own one") }
            let alone = Access.judge(verb, on: place(number), by: grants)
            if alone == .allowed, !rule.second.isEmpty { faults.append("\(verb) alone by \(role)") }
            if role == .audit, rule.isAct, mayAct(alone) { faults.append("audit does \(verb)") }
          }
        }
      }
    }
    return faults
  }

  @Test("the whole matrix of roles, verbs and places is what the rules say")
  func matrix() {
    #expect(Self.faults() == [])
  }

  @Test(
    "a judgement that is wrong is found",
    arguments: [
      SeededAccessBug.auditMayWrite, .unitSeesAnother, .proposerApprovesOwn, .roleOfWrongScope,
      .oneIsEnough,
    ])
  func planted(bug: SeededAccessBug) {
    SeededAccessBug.$planted.withValue(bug) {
      #expect(!Self.faults().isEmpty)
    }
  }

  @Test("audit reads whatever anybody's role reads, and writes nothing (S41)")
  func audit() {
    for verb in Self.judged {
      #expect(verb.rule.first.contains(.audit) == !verb.rule.isAct, "\(verb)")
      #expect(!verb.rule.second.contains(.audit), "\(verb)")
    }
  }

  @Test("who is not signed in may look at the health of the books and sign in, nothing else")
  func stranger() {
    for verb in Verb.allCases {
      let isOpen = verb == .readHealth || verb == .signIn
      let expected = isOpen ? AccessJudgement.allowed : .refused(.notSignedIn)
      #expect(Access.judge(verb, on: .whole, by: nil) == expected, "\(verb)")
    }
  }

  @Test("who has no role may leave and keep the own password, nothing else")
  func noRole() {
    for verb in Self.judged {
      #expect(Access.judge(verb, on: Self.place(1), by: []) == .refused(.noRole), "\(verb)")
    }
  }

  @Test("an act that shuts somebody out needs one person, the way back two")
  func directions() {
    #expect(Verb.shutTerminalOut.rule.second.isEmpty)
    #expect(!Verb.readmitTerminal.rule.second.isEmpty)
    #expect(Verb.disablePerson.rule.second.isEmpty)
    #expect(!Verb.enablePerson.rule.second.isEmpty)
    #expect(Verb.withdrawRole.rule.second.isEmpty)
    #expect(!Verb.grantRole.rule.second.isEmpty)
  }

  @Test(
    "a scope is written and read in one way",
    arguments: ["everything", "region:4", "unit:7", "canteen:12", "caterer:3", "account:88"])
  func scope(text: String) {
    #expect(Scope(text)?.description == text)
  }

  @Test(
    "what is no scope is none",
    arguments: [
      "", "unit", "unit:", "unit:0", "unit:-1", "unit:07", "unit:+7", "unit:7:8", "everything:1",
      "unit:4294967296", "planet:1",
    ])
  func noScope(text: String) {
    #expect(Scope(text) == nil)
  }

  @Test("guessing rests longer and longer, and never for more than five minutes")
  func tries() {
    var limit = TryLimit(free: 3)
    for _ in 0..<3 { limit.fail("li", now: 0) }
    #expect(limit.rest(of: "li", now: 0) == nil)
    limit.fail("li", now: 0)
    #expect(limit.rest(of: "li", now: 0) == 1_000)
    #expect(limit.rest(of: "li", now: 1_000) == nil)
    limit.fail("li", now: 1_000)
    #expect(limit.rest(of: "li", now: 1_000) == 2_000)
    for _ in 0..<100 { limit.fail("li", now: 1_000) }
    #expect(limit.rest(of: "li", now: 1_000) == TryLimit.longestRest)
    #expect(limit.rest(of: "wang", now: 1_000) == nil)
    #expect(limit.rest(of: "li", now: 1_000 + TryLimit.memory) == nil)
    limit.succeed("li")
    #expect(limit.rest(of: "li", now: 1_000) == nil)
  }

  @Test("names that somebody invents do not make the limit forget the one that is tried")
  func flood() {
    var limit = TryLimit(free: 0, room: 8)
    limit.fail("li", now: 0)
    for name in 0..<8 {
      limit.fail("invented\(name)", now: 0)
      limit.fail("li", now: 0)
    }
    #expect(limit.rest(of: "li", now: 0) != nil)
  }

  @Test(
    "a sign-in name is small letters, digits, dots and hyphens",
    arguments: [
      ("li", true), ("li.wei-2", true), ("l", false), ("Li", false), ("2li", false), ("", false),
      ("li wei", false), ("李雷", false), (String(repeating: "a", count: 32), true),
      (String(repeating: "a", count: 33), false), ("local:0", false),
    ])
  func login(name: String, isGood: Bool) {
    #expect(LoginName.isGood(name) == isGood)
  }
}
