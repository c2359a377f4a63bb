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

  /// A certificate asks for the batches of every terminal at once: more than so many swipes would take more memory than
  /// a machine has beside its work.
  private static let mostCertifiedSwipes = 100_000

  /// The units whose certificates are reckoned again: some of a small city, none of a large one.
  static func certifiedUnits(of plan: CityPlan) -> [UnitID] {
    guard plan.swipes <= mostCertifiedSwipes else { return [] }
    return (1...UInt32(min(plan.units, 3))).map { UnitID($0) }
  }

  /// `canteen-settlement verify` on the certificates of some units.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` with the first figure that is wrong.
  func certificates(of plan: CityPlan) throws {
    let units = Self.certifiedUnits(of: plan)
    guard let first = units.first else { return }
    let key = try files.centreKey()
    let named = try CertificateCodec.open(try files.certificate(of: first), key: key)
    var batches: [[UInt8]] = []
    for terminal in named.terminals { batches += try files.batches(terminal.number) }
    for unit in units {
      let file = try files.certificate(of: unit)
      do throws(VerificationFailure) {
        _ = try CertificateVerifier.verify(file, batches: batches, key: key)
      } catch {
        throw LaboratoryError.broken(
          "the certificate of unit \(unit.number) is not as the batches say: \(error)")
      }
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
