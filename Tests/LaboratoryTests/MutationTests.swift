import Laboratory
import Testing

/// What is mutated, and what only looks as if it could be. The mutants' own build shows the rest.
@Suite struct MutationTests {
  private static func changes(_ body: String) -> [String] {
    var schemata = MutantSchemata()
    _ = schemata.mutate("struct S {\n  mutating func f() {\n\(body)\n  }\n}\n", of: "S.swift")
    return schemata.mutants.map { "\($0.kind.rawValue) \($0.change)" }
  }

  @Test(
    "an operator, a literal, a call or a statement is mutated in every way",
    arguments: [
      ("return a < b", ["comparison < → <=", "comparison < → >="]),
      ("return a == nil", ["equality == → !="]),
      (
        "return a || b",
        [
          "logic || → &&", "logic || → the left side alone", "logic || → the right side alone",
        ]
      ),
      ("return !a.isEmpty", ["negation left out"]),
      ("return a ?? b", ["fallback ?? → the right side always"]),
      ("return min(a, b)", ["extremum min → max"]),
      ("return [a]", ["list empty"]),
      ("return f(1)", ["literal 1 → 2", "literal 1 → 0"]),
      ("if isOpen { return a }", ["condition turned round"]),
      ("guard isOpen, let b else { return a }", ["condition turned round"]),
      ("return isOpen ? a : b", ["condition turned round"]),
      ("state = other", ["statement left out"]),
      ("total += part", ["statement left out", "increment += → -="]),
      ("waiting.removeFirst()", ["statement left out"]),
      ("return list.sorted(by: order)", ["sequence .sorted left out"]),
      (
        "return rows.map { row in\n  let a = b(row)\n  first(row)\n  return a\n}",
        ["statement left out"]
      ),
    ])
  func mutated(body: String, changes: [String]) {
    #expect(Self.changes(body) == changes)
  }

  @Test(
    "what is no expression is left alone",
    arguments: [
      "// a < b", "let text = \"a < b \\(c)\"", "let list: Array<Int> = f()",
      "switch a { case .b: break }", "if case .b(let c) = a { return c }", "let c: Fen",
      "return a.0", "let f: (Int) -> Int = g", "return .append", "return []", "return [:]",
      "return rows.map { row in row.name }",
    ])
  func leftAlone(body: String) {
    #expect(Self.changes(body).isEmpty)
  }

  @Test("what gives a value for the first time cannot be left out")
  func firstValue() {
    #expect(Self.changes("let a: Bool\na = b").isEmpty)
    var schemata = MutantSchemata()
    _ = schemata.mutate("struct S {\n  init() {\n    a = b\n  }\n}\n", of: "S.swift")
    #expect(schemata.mutants.isEmpty)
  }

  @Test("lines stay where they are, and a line that is skipped stays as it is")
  func lines() {
    let source = "struct S {\n  func f() -> Bool {\n    a < b\n      && c\n  }\n}\n"
    var schemata = MutantSchemata()
    let mutated = schemata.mutate(
      source, of: "S.swift", skipping: [MutantSchemata.Place(file: "S.swift", line: 4)])
    let (before, after) = (source.split(separator: "\n"), mutated.split(separator: "\n"))
    #expect(before.count == after.count)
    #expect(zip(before, after).filter { $0 != $1 }.count == 1)
    #expect(schemata.mutants.map(\.line) == [3, 3])
    #expect(schemata.mutants.map(\.number) == [1, 2])
  }
}
