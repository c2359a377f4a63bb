import Testing

/// Bad examples for the rules about length, documentation and reasons, each next to a good one.
@Suite struct ShapeRuleTests {
  private func checkout(_ text: String, path: String = "Sources/Journal/A.swift") -> Checkout {
    Checkout([path: text])
  }

  @Test("a file of 400 lines is fine, one of 401 is not")
  func fileLength() {
    let line = "let a = 1\n"
    #expect(LengthRule.findings(in: checkout(String(repeating: line, count: 400))).isEmpty)
    let findings = LengthRule.findings(in: checkout(String(repeating: line, count: 401)))
    #expect(findings.map(\.line) == [401])
  }

  @Test("a main file of 80 lines is fine, one of 81 is not")
  func mainLength() {
    let path = "Sources/canteend/main.swift"
    let text = String(repeating: "start()\n", count: 80)
    #expect(LengthRule.findings(in: checkout(text, path: path)).isEmpty)
    #expect(LengthRule.findings(in: checkout(text + "start()\n", path: path)).count == 1)
    let entry = checkout(text + "@main struct A {}\n", path: "Sources/canteenctl/A.swift")
    #expect(LengthRule.findings(in: entry).count == 1)
  }

  @Test(
    "a function of 70 lines is fine, one of 71 is not",
    arguments: [
      "func f()", "init(a: Int = { 1 }())", "var f: Int", "package func f() async throws -> Int",
      "deinit", "subscript(index: Int) -> Int",
    ])
  func functionLength(header: String) {
    func type(_ count: Int) -> String {
      let lines = String(repeating: "    a { b }\n", count: count - 2)
      return "struct A {\n  \(header) {\n\(lines)  }\n}\n"
    }
    #expect(LengthRule.findings(in: checkout(type(70))).isEmpty)
    #expect(LengthRule.findings(in: checkout(type(71))).map(\.line) == [2])
  }

  @Test(
    "a declaration for other targets without a comment is reported",
    arguments: [
      "package struct A {}", "public enum A {}", "package actor A {}", "package protocol A {}",
      "package typealias A = Int", "@frozen\npackage struct A: Sendable {}",
      "// not documentation\npackage struct A {}", "struct A { package func a() {} }",
      "struct A { package static func a() {} }", "struct A { package init?(a: Int) {} }",
      "enum A { package static func encode(_ a: Int) {} }",
      "struct A { package init(a: Int) throws { self.a = a } }",
      "struct A { package init(a: Int) { self.a = a + 1 } }",
      "struct A { package init(a: Int) { self.a = b(a) } }",
      "struct A { package subscript(a: Int) -> Int { a } }", "extension A { package enum B {} }",
      "/// A.\npackage protocol A {\n  func a()\n}",
    ])
  func undocumented(text: String) {
    #expect(DocumentationRule.findings(in: checkout(text)).count == 1)
    let elsewhere = checkout(text, path: "Tests/JournalTests/A.swift")
    #expect(DocumentationRule.findings(in: elsewhere).isEmpty)
  }

  @Test(
    "a documented declaration, and what needs no comment, is fine",
    arguments: [
      "/// A.\npackage struct A {}", "/// A.\n@frozen\npackage struct A {}", "struct A {}",
      "/// A.\npackage struct A { package enum B {} }", "struct A { package let a: Int }",
      "struct A { package init(a: Int) { self.a = a } }", "struct A { func a() {} }",
      "struct A {\n  package init(a: Int) {\n    b = C.d\n    self.a = a\n  }\n}",
      "/// A.\npackage protocol A {\n  /// B.\n  func b(c: Int)\n}\nstruct D { package func b(c: Int) {} }",
      "struct A { package func hash(into hasher: inout Hasher) {} }",
      "struct A { package mutating func next() -> Int? { nil } }",
      "struct A { package static func < (a: A, b: A) -> Bool { true } }",
      "struct A { package init(from decoder: any Decoder) throws {} }",
      "/// A.\npackage protocol A {\n  /// B.\n  func b()\n}", "protocol A {\n  func a()\n}",
    ])
  func documented(text: String) {
    #expect(DocumentationRule.findings(in: checkout(text)).isEmpty)
  }

  @Test(
    "a check that is switched off without a reason is reported",
    arguments: [
      "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1", "let a = try? b()",
      "/// An A.\nfinal class A: @unchecked Sendable {}", "// too far\n\nlet a = try? b()",
      "let a = \"// text\"; let b = try? c()",
    ])
  func unexcused(text: String) {
    #expect(ReasonRule.findings(in: checkout(text)).count == 1)
    #expect(ReasonRule.findings(in: checkout(text, path: "Tests/JournalTests/A.swift")).count == 1)
  }

  @Test(
    "a check that is switched off with its reason is fine",
    arguments: [
      "final class A: @unchecked Sendable {}  // every field is behind the lock",
      "// set before the first thread starts\nnonisolated(unsafe) var a = 1",
      "/// An A.\n///\n/// Sendable because the lock guards each field.\nclass A: @unchecked Sendable {}",
      "let a = try b()", "let text = \"try?\"",
    ])
  func excused(text: String) {
    #expect(ReasonRule.findings(in: checkout(text)).isEmpty)
  }

  @Test(
    "what is never used is reported, whatever stands beside it",
    arguments: ["let a = try! b()  // safe", "let a = b as! C  // safe", "fatalError()  // safe"])
  func banned(text: String) {
    #expect(ReasonRule.findings(in: checkout(text)).count == 1)
  }

  @Test(
    "services without a limit on their stop, or a unit that waits no longer, are reported",
    arguments: [
      ("", 20, 1), ("c.maximumGracefulShutdownDuration = .seconds(10)\n", 20, 1),
      (
        "c.maximumGracefulShutdownDuration = .seconds(10)\n"
          + "c.maximumCancellationDuration = .seconds(5)\n", 15, 1
      ),
      (
        "c.maximumGracefulShutdownDuration = .seconds(10)\n"
          + "c.maximumCancellationDuration = .seconds(5)\n", 16, 0
      ),
    ])
  func stops(limits: String, timeout: Int, count: Int) {
    let checkout = Checkout([
      "Sources/canteend/Run.swift": limits + "let group = ServiceGroup(configuration: c)\n",
      "systemd/canteend.service": "TimeoutStopSec=\(timeout)s\n",
    ])
    #expect(StopRule.findings(in: checkout).count == count)
  }
}
