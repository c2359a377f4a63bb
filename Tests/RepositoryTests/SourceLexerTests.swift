import Testing

@Suite struct SourceLexerTests {
  /// The words of the code that the lexer leaves.
  private func words(_ text: String) -> [String] {
    SwiftSource(Checkout.File(path: "Sources/A/A.swift", text: text)).tokens.map(\.text)
  }

  @Test(
    "what stands in a comment or a literal is not code",
    arguments: [
      "a // Task", "a /* Task */", "a /* /* Task */ Task */", "a \"Task\"", #"a "\" Task""#,
      "a \"\"\"\n  Task \" Task\n  \"\"\"", ##"a #"Task " Task"#"##, ##"a #"\(Task)"#"##,
      "a #/Task\" (/#", "a \"// \" // Task",
    ])
  func hidden(text: String) {
    #expect(words(text) == ["a"])
  }

  @Test(
    "what stands after a comment or a literal, or in an interpolation, is code",
    arguments: [
      "// x\nTask", "/* x */ Task", "/* \" */ Task", "\"//\" Task", "\"\\(Task)\"",
      #""\\" Task"#, "\"\"\"\n\\(Task)\n\"\"\"", ##"#"\#(Task)"#"##, "\"\\(\"x\")\" Task",
    ])
  func visible(text: String) {
    #expect(words(text).filter { $0 == "Task" } == ["Task"])
  }

  @Test("lines are counted through comments and literals")
  func lines() {
    let source = SwiftSource(
      Checkout.File(path: "A.swift", text: "/* 1\n2 */\n\"\"\"\n4\n\"\"\"\nsixth // note\n"))
    #expect(source.tokens.map(\.line) == [6])
    #expect(source.comments.keys.sorted() == [1, 2, 6])
    #expect(source.length == 6)
  }

  @Test("a signature is the name and the labels of the parameters")
  func signature() {
    let text = """
      func a()
      func b(_ first: [Int: String], to second: (Int, Int) = (1, 2)) async -> Int
      func c<Value: Sendable>(x: Value, y: (Int) -> Int) throws
      """
    let found = DeclarationScanner.declarations(
      in: SwiftSource(Checkout.File(path: "A.swift", text: text)))
    #expect(found.map(\.signature) == ["a()", "b(_:to:)", "c(x:y:)"])
  }

  @Test("declarations carry their name, modifiers, parent and length")
  func declarations() {
    let source = SwiftSource(
      Checkout.File(
        path: "A.swift",
        text: """
          @frozen
          package struct Lane {
            package static func show(_ body: () -> Void = { let x = 1 }) -> Int {
              if let x { return x }
              return 0
            }
            private let number: Int
            package var next: Int { 1 }
            package init?() {}
            static func < (left: Self, right: Self) -> Bool { true }
          }
          """))
    let found = DeclarationScanner.declarations(in: source)
    #expect(found.map(\.name) == ["Lane", "show", "next", "init", "<"])
    #expect(found.map(\.lineCount) == [10, 4, 1, 1, 1])
    #expect(found.map(\.parent) == [nil, .structure, .structure, .structure, .structure])
    #expect(found.first?.firstLine == 1)
    #expect(found.map(\.crossesTargets) == [true, true, true, true, false])
  }
}
