import RecordingDisk

/// A hostile proxy between terminals and their centre (``HostileLink``): nothing is lost, nothing is settled
/// twice, and nothing is believed that the centre did not say.
package struct HostileLinkTest: Sendable {
  private let messages: Int
  private let seed: UInt64

  /// Ledgers of so many messages begin anew, so that a run does not drag its past along.
  private static let messagesOfOne = 10_000
  private static let workers = 2
  /// Within so many messages a planted mistake must be found.
  static let mistakeMessages = 2_000

  /// - Parameter messages: 1 or more.
  package init(messages: Int, seed: UInt64) {
    self.messages = messages
    self.seed = seed
  }

  /// Shows first that each planted mistake is found.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the seed.
  package func run() async throws {
    for mistake in HostileMistake.allCases {
      guard let finding = try await Self.finding(of: mistake, seed: seed) else {
        throw LaboratoryError.broken(
          "hostile-link: seed \(seed): nobody noticed \(mistake.rawValue)")
      }
      Console.say("hostile-link: planted \(mistake.rawValue): \(finding)")
    }
    let start = ContinuousClock.now
    let worlds = (messages + Self.messagesOfOne - 1) / Self.messagesOfOne
    let each = (messages + worlds - 1) / worlds
    let (tally, sales, refused) = try await all(worlds: worlds, each: each)
    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
    Console.say(
      """
      hostile-link: \(tally.dropped) dropped, \(tally.repeated) repeated, \(tally.heldBack) held back, \
      \(tally.replayed) replayed, \(tally.cut) cut, \(tally.changed) changed, \(tally.spliced) spliced, \
      \(tally.forged) forged; \(refused) refused
      hostile-link: ok \(tally.messages) messages, \(sales) sales, 0 lost, 0 double, 0 believed that the \
      centre did not say, \(seconds) s (seed \(seed))
      """)
  }

  /// - Returns: What was found; `nil` when nothing was.
  static func finding(
    of mistake: HostileMistake?, seed: UInt64, messages: Int = mistakeMessages
  ) async throws -> String? {
    let folder = try ImageFolder()
    let link = try await HostileLink(
      folder: folder.path, seed: seed, number: 0, mistake: mistake)
    defer { try? link.close() }  // what was found is told in any case
    do {
      try await link.run(messages: messages)
      return nil
    } catch LaboratoryError.broken(let what) {
      return what
    }
  }

  private func all(
    worlds: Int, each: Int
  ) async throws -> (HostileProxy.Tally, sales: Int, refused: Int) {
    try await withThrowingTaskGroup(of: (HostileProxy.Tally, Int, Int).self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          var sum = (HostileProxy.Tally(), 0, 0)
          for number in 0..<worlds where number % Self.workers == worker {
            let part = try await world(number, messages: each)
            sum = (sum.0 + part.0, sum.1 + part.1, sum.2 + part.2)
          }
          return sum
        }
      }
      return try await group.reduce(into: (HostileProxy.Tally(), 0, 0)) {
        $0 = ($0.0 + $1.0, $0.1 + $1.1, $0.2 + $1.2)
      }
    }
  }

  private func world(
    _ number: Int, messages: Int
  ) async throws -> (HostileProxy.Tally, Int, Int) {
    let folder = try ImageFolder()
    let link = try await HostileLink(
      folder: folder.path, seed: seed, number: number, mistake: nil)
    do {
      try await link.run(messages: messages)
    } catch {
      throw LaboratoryError.broken("hostile-link: seed \(seed), world \(number): \(error)")
    }
    let result = (link.proxy.tally, link.sales, link.refused)
    try link.close()
    return result
  }
}
