import CanteenModel
import LinkSecurity
import SyncTransport

/// Plays a terminal against any centre: one line for each check.
package struct ConformanceTest: Sendable {
  private let address: LinkAddress
  private let token: JoinToken

  /// - Parameters:
  ///   - url: Where the centre listens for terminals.
  ///   - token: As the centre made it for a terminal that has never settled.
  /// - Throws: ``LaboratoryError/broken(_:)`` with what is wrong about them.
  package init(url: String, token: String) throws(LaboratoryError) {
    do {
      address = try LinkAddress(url)
      self.token = try JoinToken(token)
    } catch {
      throw .broken("\(error)")
    }
  }

  /// Tries every check.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` when one failed.
  package func run() async throws {
    let result = await tried { Console.say($0) }
    guard result.failed.isEmpty else {
      let rest = ConformanceCheck.all.count - result.tried
      throw LaboratoryError.broken(
        "conformance: failed \(result.failed.count) of \(result.tried) checks: "
          + result.failed.joined(separator: ", ")
          + (rest > 0 ? "; \(rest) were not tried without it" : ""))
    }
    Console.say("conformance: ok \(result.tried) checks")
  }

  /// Tries every check, and says of each how it went.
  func tried(
    _ say: (String) -> Void
  ) async -> (tried: Int, failed: [String], terminal: ConformanceTerminal) {
    let terminal = ConformanceTerminal(address: address, token: token)
    var failed: [String] = []
    var tried = 0
    for check in ConformanceCheck.all {
      tried += 1
      do {
        try await check.run(terminal)
        say("ok \(check.name)")
      } catch {
        failed.append(check.name)
        say(
          "FAILED \(check.name): \(Self.words(error)); docs/integration.md, \(check.section.rawValue)"
        )
        if check.isNeeded { break }
      }
    }
    return (tried, failed, terminal)
  }

  private static func words(_ error: any Error) -> String {
    error is Nonconformity ? "\(error)" : "expected an answer; came \(error)"
  }
}
