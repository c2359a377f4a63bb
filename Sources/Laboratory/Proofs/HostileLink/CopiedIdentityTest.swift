import RecordingDisk

/// So many cases of ``CopiedIdentity``: each copy is noticed when the second device speaks first, or when the
/// other speaks again; and every sale of every copy is settled once.
package struct CopiedIdentityTest: Sendable {
  private let cases: Int
  private let seed: UInt64

  /// - Parameter cases: 1 or more.
  package init(cases: Int, seed: UInt64) {
    self.cases = cases
    self.seed = seed
  }

  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed and the case.
  package func run() async throws {
    var (first, second, sales) = (0, 0, 0)
    for number in 0..<cases {
      let copy = CopiedIdentity.Copy.allCases[number % CopiedIdentity.Copy.allCases.count]
      let outcome = try await outcome(of: number, copy)
      sales += outcome.sales
      switch outcome.noticedAfter {
      case 1: first += 1
      case 2: second += 1
      case let contact:
        throw broken(
          number, "noticed at contact \(contact.map { "\($0)" } ?? "none") (\(copy))")
      }
    }
    Console.say(
      "copied-identity: ok \(cases) cases, noticed at the first contact of the second device \(first) times, "
        + "at the next of the other \(second) times; \(sales) sales, 0 lost, 0 double (seed \(seed))"
    )
  }

  private func outcome(
    of number: Int, _ copy: CopiedIdentity.Copy
  ) async throws -> CopiedIdentity.Outcome {
    let folder = try ImageFolder()
    do {
      let history = try await CopiedIdentity(folder: folder.path, seed: seed, number: number)
      return try await history.run(copy)
    } catch {
      throw broken(number, "\(error)")
    }
  }

  private func broken(_ number: Int, _ what: String) -> LaboratoryError {
    .broken("copied-identity: seed \(seed), case \(number): \(what)")
  }
}
