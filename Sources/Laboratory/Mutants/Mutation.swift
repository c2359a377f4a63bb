/// What kind of mistake a mutant is.
package enum MutationOperator: String, CaseIterable, Codable, Sendable {
  /// `<` becomes `<=` or `>=`, and so on.
  case comparison
  /// `==` becomes `!=`, and the other way.
  case equality
  /// `&&` becomes `||`, or one side is left out; `||` alike.
  case logic
  /// `+` becomes `-`, `*` becomes `/`, and the other way; `<<` becomes `>>`.
  case arithmetic
  /// `+=` becomes `-=`.
  case increment
  /// `!` is left out.
  case negation
  /// A condition without an operator of its own is turned round.
  case condition
  /// An integer is one larger, 1 is 0, `true` is `false`.
  case literal
  /// `min` becomes `max`, and the other way.
  case extremum
  /// `a ?? b` is always `b`.
  case fallback
  /// An assignment or a call is left out.
  case statement
  /// A filter, an order or a prefix is left out.
  case sequence
  /// A list that is returned is empty.
  case list
}

/// A place in the source that can be mutated, in one way or several.
struct MutationSite {
  enum Edit {
    /// An operator between two operands.
    case infix(Range<Int>, InfixRule)
    /// The prefix `!`.
    case not(Range<Int>)
    /// `%` in the text before stands for the number of the first mutant.
    case wrap(Range<Int>, before: String, after: String)
    case replace(Range<Int>, with: String)
  }

  let file: String
  let line: Int
  let column: Int
  let kind: MutationOperator
  /// What each mutant does, in words.
  let changes: [String]
  let edit: Edit
}

/// One mistake, chosen by its number when the tests start.
package struct Mutant: Codable, Sendable {
  package let number: Int
  /// The number of the first mutant of the same place.
  package let site: Int
  package let file: String
  package let line: Int
  package let column: Int
  package let kind: MutationOperator
  package let change: String
  /// The line of the source, without its indentation.
  package let source: String
}

/// How an operator between two operands is declared anew, so that it can be another one at run time.
struct InfixRule {
  struct Overload {
    /// Generic parameters, parameters, effects, result.
    let signature: String
    let original: String
    /// One expression for each of the rule's changes.
    let mutated: [String]
  }

  let kind: MutationOperator
  let precedence: String
  let changes: [String]
  let overloads: [Overload]

  /// The operators that can be mutated.
  static let all: [String: InfixRule] = {
    var all: [String: InfixRule] = [:]
    let comparisons = [
      "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    ]
    for (sign, others) in comparisons {
      all[sign] = plain(
        .comparison, "ComparisonPrecedence", sign, others,
        [
          "<T: Comparable>(l: T, r: T) -> Bool",
          "<A: Comparable, B: Comparable>(l: (A, B), r: (A, B)) -> Bool",
        ])
    }
    for (sign, other) in [("==", "!="), ("!=", "==")] {
      all[sign] = plain(
        .equality, "ComparisonPrecedence", sign, [other],
        [
          "<T: Equatable>(l: T, r: T) -> Bool",
          "<T>(l: T?, r: _OptionalNilComparisonType) -> Bool",
        ])
    }
    for (sign, other) in [("*", "/"), ("/", "*"), ("%", "/")] {
      all[sign] = plain(
        .arithmetic, "MultiplicationPrecedence", sign, [other],
        ["<T: BinaryInteger>(l: T, r: T) -> T"])
    }
    for (sign, other) in [("<<", ">>"), (">>", "<<")] {
      all[sign] = plain(
        .arithmetic, "BitwiseShiftPrecedence", sign, [other],
        ["<T: BinaryInteger, C: BinaryInteger>(l: T, r: C) -> T"])
    }
    for (sign, other) in [("+", "-"), ("-", "+")] {
      var overloads = [
        Overload(
          signature: "<T: BinaryInteger>(l: T, r: T) -> T", original: "l \(sign) r",
          mutated: ["l \(other) r"]),
        Overload(
          signature: "(l: Fen, r: Fen) throws(MoneyError) -> Fen", original: "try l \(sign) r",
          mutated: ["try l \(other) r"]),
      ]
      if sign == "+" {
        overloads.append(
          Overload(
            signature: "<E, S: Sequence<E>>(l: [E], r: S) -> [E]", original: "l + r",
            mutated: ["l"]))
        overloads.append(
          Overload(
            signature: "(l: String, r: String) -> String", original: "l + r", mutated: ["l"]))
      }
      all[sign] = InfixRule(
        kind: .arithmetic, precedence: "AdditionPrecedence", changes: [other],
        overloads: overloads)
    }
    for (sign, other) in [("+=", "-="), ("-=", "+=")] {
      let numbers = Overload(
        signature: "<T: BinaryInteger>(l: inout T, r: T)", original: "l \(sign) r",
        mutated: ["l \(other) r"])
      let lists = Overload(
        signature: "<E, S: Sequence<E>>(l: inout [E], r: S)", original: "l += r",
        mutated: ["l = []"])
      all[sign] = InfixRule(
        kind: .increment, precedence: "AssignmentPrecedence", changes: [other],
        overloads: sign == "+=" ? [numbers, lists] : [numbers])
    }
    for (sign, other, precedence) in [
      ("&&", "||", "LogicalConjunctionPrecedence"), ("||", "&&", "LogicalDisjunctionPrecedence"),
    ] {
      all[sign] = InfixRule(
        kind: .logic, precedence: precedence,
        changes: [other, "the left side alone", "the right side alone"],
        overloads: [
          Overload(
            signature: "(l: Bool, r: @autoclosure () throws -> Bool) rethrows -> Bool",
            original: "try l \(sign) r()", mutated: ["try l \(other) r()", "l", "try r()"])
        ])
    }
    all["??"] = InfixRule(
      kind: .fallback, precedence: "NilCoalescingPrecedence", changes: ["the right side always"],
      overloads: ["T", "T?"].map {
        Overload(
          signature: "<T>(l: T?, r: @autoclosure () throws -> \($0)) rethrows -> \($0)",
          original: "try l ?? r()", mutated: ["try r()"])
      })
    return all
  }()

  private static func plain(
    _ kind: MutationOperator, _ precedence: String, _ sign: String, _ others: [String],
    _ signatures: [String]
  ) -> InfixRule {
    InfixRule(
      kind: kind, precedence: precedence, changes: others,
      overloads: signatures.map { signature in
        Overload(
          signature: signature, original: "l \(sign) r", mutated: others.map { "l \($0) r" })
      })
  }
}
