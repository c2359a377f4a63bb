import CanteenModel
import StatementVerification
import SyncProtocol

/// `canteen-settlement verify` on every statement of a city: files and the centre's public key, nothing of the books.
struct CityVerification {
  let files: CityFiles

  /// - Returns: The documents by file name, each found to be right.
  /// - Throws: ``LaboratoryError/broken(_:)`` with the first statement that is not, and its line.
  func run() async throws -> [String: StatementDocument] {
    let (key, names) = (try files.centreKey(), try files.statements())
    let workers = 2
    return try await withThrowingTaskGroup(of: [String: StatementDocument].self) { group in
      for worker in 0..<workers {
        group.addTask {
          var found: [String: StatementDocument] = [:]
          for index in stride(from: worker, to: names.count, by: workers) {
            found[names[index]] = try verify(names[index], key)
          }
          return found
        }
      }
      return try await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
  }

  private func verify(_ name: String, _ key: VerifyingKey) throws -> StatementDocument {
    let file = try files.statement(name)
    // It says which terminals' batches are needed; whether it is right, is judged below.
    let claimed = try StatementCodec.open(file, key: key)
    var batches: [[UInt8]] = []
    for terminal in claimed.terminals { batches += try files.batches(terminal.number) }
    do throws(VerificationFailure) {
      return try StatementVerifier.verify(file, batches: batches, key: key)
    } catch {
      throw LaboratoryError.broken("statement \(name) is not as the batches say: \(error)")
    }
  }
}
