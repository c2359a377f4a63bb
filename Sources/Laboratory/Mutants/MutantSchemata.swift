/// Writes all mutants of some files into one text each, chosen by number at run time.
///
/// An operator becomes one of the mutant's own, whose characters are its number, with the same
/// precedence; everything else is wrapped into a call. Lines stay where they are.
package struct MutantSchemata {
  /// A place that was found not to compile.
  package struct Place: Hashable {
    package let file: String
    package let line: Int

    package init(file: String, line: Int) {
      self.file = file
      self.line = line
    }
  }

  package private(set) var mutants: [Mutant] = []
  /// The declarations of the operators; the other declarations are ``runtime``.
  private(set) var declarations = "import CanteenModel\n"

  package init() {}

  /// The file's text with its mutants in it.
  ///
  /// - Parameter skipping: Places that are left as they are.
  package mutating func mutate(
    _ source: String, of file: String, skipping: Set<Place> = []
  ) -> String {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    var insertions: [Insertion] = []
    var removals: [Range<Int>] = []
    for site in MutationFinder.sites(in: source, of: file)
    where !skipping.contains(Place(file: file, line: site.line)) {
      let first = mutants.count + 1
      for (offset, change) in site.changes.enumerated() {
        mutants.append(
          Mutant(
            number: first + offset, site: first, file: file, line: site.line, column: site.column,
            kind: site.kind, change: change,
            source: lines[site.line - 1].drop { $0 == " " }.description))
      }
      switch site.edit {
      case .infix(let range, let rule):
        let name = Self.operatorName(first)
        declare(name, rule, first)
        removals.append(range)
        insertions.append(Insertion(at: range.lowerBound, text: name))
      case .not(let range):
        let name = Self.operatorName(first)
        declarations += "prefix operator \(name)\n"
        declarations +=
          "prefix func \(name) (value: Bool) -> Bool { mutantAt(\(first)) == \(first) ? value : !value }\n"
        removals.append(range)
        insertions.append(Insertion(at: range.lowerBound, text: name))
      case .replace(let range, let text):
        removals.append(range)
        insertions.append(Insertion(at: range.lowerBound, text: Self.numbered(text, first)))
      case .wrap(let range, let before, let after):
        insertions.append(
          Insertion(
            at: range.lowerBound, isBefore: true, length: range.count,
            isOuter: site.kind == .statement, text: Self.numbered(before, first)))
        insertions.append(
          Insertion(
            at: range.upperBound, isAfter: true, length: range.count,
            isOuter: site.kind == .statement, text: after))
      }
    }
    return Self.apply(insertions, removals, to: source)
  }

  private mutating func declare(_ name: String, _ rule: InfixRule, _ first: Int) {
    declarations += "infix operator \(name): \(rule.precedence)\n"
    for overload in rule.overloads {
      let cases = overload.mutated.enumerated()
        .map { "case \(first + $0): \(Self.result(overload, $1))" }.joined(separator: "; ")
      declarations += """
        func \(name) \(overload.signature) {
          switch mutantAt(\(first)) { \(cases); default: \(Self.result(overload, overload.original)) }
        }

        """
    }
  }

  private static func result(_ overload: InfixRule.Overload, _ expression: String) -> String {
    overload.signature.contains("->") ? "return \(expression)" : expression
  }

  private static func numbered(_ text: String, _ number: Int) -> String {
    text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "\(number)")
  }

  /// The digits of a number as characters that may form an operator, which no source uses.
  private static func operatorName(_ number: Int) -> String {
    let digits = Array("⊕⊖⊗⊘⊙⊚⊛⊜⊝⊞")
    return String("\(number)".compactMap(\.wholeNumberValue).map { digits[$0] })
  }

  /// Text that comes into the source; at one offset what ends stands before what begins.
  private struct Insertion {
    let offset: Int
    /// Sorted by offset, then by this.
    let rank: Int
    let text: String

    /// - Parameter isOuter: Stands outside of another one of the same length.
    init(
      at offset: Int, isBefore: Bool = false, isAfter: Bool = false, length: Int = 0,
      isOuter: Bool = false, text: String
    ) {
      self.offset = offset
      let size = length * 2 + (isOuter ? 1 : 0)
      rank = isAfter ? size - 1_000_000 : isBefore ? 1_000_000 - size : 2_000_000
      self.text = text
    }
  }

  private static func apply(
    _ insertions: [Insertion], _ removals: [Range<Int>], to source: String
  ) -> String {
    let bytes = Array(source.utf8)
    let removed = Set(removals.flatMap { $0 })
    var pending = insertions.sorted { ($0.offset, $0.rank) < ($1.offset, $1.rank) }[...]
    var result: [UInt8] = []
    for offset in 0...bytes.count {
      while let next = pending.first, next.offset == offset {
        result += next.text.utf8
        pending.removeFirst()
      }
      if offset < bytes.count, !removed.contains(offset) { result.append(bytes[offset]) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// What the rewritten files call.
  static let runtime = """
    import Glibc

    /// The mutant of this run; 0 is none.
    private let mutantNumber: Int =
      getenv("CANTEEN_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0

    /// A file with a byte for each mutant; those of the places that were run become 1.
    nonisolated(unsafe) private let mutantPlaces: UnsafeMutablePointer<UInt8>? = {
      guard let path = getenv("CANTEEN_MUTANT_PLACES") else { return nil }
      let descriptor = open(path, O_RDWR)
      let length = Int(lseek(descriptor, 0, SEEK_END))
      guard length > 0 else { return nil }
      let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
      return start?.assumingMemoryBound(to: UInt8.self)
    }()

    /// Notes that the place of a mutant is run.
    func mutantAt(_ number: Int) -> Int {
      if let mutantPlaces { mutantPlaces[number] = 1 }
      return mutantNumber
    }
    func mutantTurned(_ number: Int, _ value: Bool) -> Bool {
      mutantAt(number) == number ? !value : value
    }
    func mutantKeeps(_ number: Int) -> Bool { mutantAt(number) != number }
    func mutantInteger<T: Numeric>(_ number: Int, _ value: T) -> T {
      let chosen = mutantAt(number)
      if chosen == number { return value + 1 }
      return chosen == number + 1 && value == 1 ? 0 : value
    }
    func mutantLeast<T: Comparable>(_ number: Int, _ first: T, _ second: T, _ rest: T...) -> T {
      mutantExtreme(mutantAt(number) != number, [first, second] + rest)
    }
    func mutantMost<T: Comparable>(_ number: Int, _ first: T, _ second: T, _ rest: T...) -> T {
      mutantExtreme(mutantAt(number) == number, [first, second] + rest)
    }
    private func mutantExtreme<T: Comparable>(_ isLeast: Bool, _ values: [T]) -> T {
      values.dropFirst().reduce(values[0]) { isLeast ? min($0, $1) : max($0, $1) }
    }
    func mutantEmptied<E>(_ number: Int, _ list: [E]) -> [E] { mutantAt(number) == number ? [] : list }
    extension Sequence {
      func mutantFilter(
        _ number: Int, _ isWanted: (Element) throws -> Bool
      ) rethrows -> [Element] {
        mutantAt(number) == number ? Array(self) : try filter(isWanted)
      }
      func mutantSorted(
        _ number: Int, by isBefore: (Element, Element) throws -> Bool
      ) rethrows -> [Element] {
        mutantAt(number) == number ? Array(self) : try sorted(by: isBefore)
      }
      func mutantPrefix(_ number: Int, _ count: Int) -> [Element] {
        mutantAt(number) == number ? Array(self) : Array(prefix(count))
      }
      func mutantReversed(_ number: Int) -> [Element] {
        mutantAt(number) == number ? Array(self) : reversed()
      }
    }
    extension Sequence where Element: Comparable {
      func mutantSorted(_ number: Int) -> [Element] {
        mutantAt(number) == number ? Array(self) : sorted()
      }
    }

    """
}
