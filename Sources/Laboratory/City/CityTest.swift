import CanteenModel
import Foundation

/// A year of a city: money in, people who eat, quarters that are settled, a year that ends. On each store it gives the
/// same statements, byte for byte, and each of them is what files and records say.
package struct CityTest: Sendable {
  private let plan: CityPlan
  private let folder: URL
  private let stores: [CityStore]
  private let say: @Sendable (String) -> Void

  /// - Parameters:
  ///   - folder: Gets a folder for each store, with the statements and the batches; what an earlier run left in it is
  ///     removed.
  ///   - stores: One at least.
  ///   - say: Gets the report, line by line; `nil`: standard output.
  package init(
    _ plan: CityPlan, folder: String, stores: [CityStore], say: (@Sendable (String) -> Void)? = nil
  ) {
    self.plan = plan
    self.folder = URL(filePath: folder)
    self.stores = stores
    self.say = say ?? { Console.say($0) }
  }

  /// Lives the year on each store and compares everything.
  ///
  /// - Returns: What it came to, store by store.
  /// - Throws: ``LaboratoryError/broken(_:)`` with the first figure that is wrong, by its statement and line.
  @discardableResult
  package func run() async throws -> [CityResult] {
    var results: [CityResult] = []
    for store in stores {
      say(
        "\(store.name): a year of \(plan.people) people in \(plan.units) units, seed \(plan.seed)")
      let result = try await live(on: store)
      result.table(plan).forEach(say)
      if let first = results.first, first.digest != result.digest {
        throw LaboratoryError.broken(
          "the statements of \(store.name) are others than those of \(stores[0].name): "
            + (try differing(stores[0], store)))
      }
      results.append(result)
    }
    let digest = results.first.map { "\($0.digest)" } ?? ""
    say(
      "city: ok \(plan.swipes) swipes, \(results.first?.statements ?? 0) statements on "
        + "\(stores.map(\.name).joined(separator: " and ")), digest \(digest) (seed \(plan.seed))")
    return results
  }

  private func live(on store: CityStore) async throws -> CityResult {
    let folder = folder(of: store)
    let files = try CityFiles(folder: folder)
    return try await store.lend(in: folder) { location in
      let office = try CityOffice(plan, at: location)
      let year = try await CityYear(office, files: files, say: say).run()
      let (clock, begin) = (ContinuousClock(), ContinuousClock.now)
      let result = try await CityAudit(office: office, files: files).run(year)
      say("\(Int((clock.now - begin) / .seconds(1))) s  verify, SQL and ledger on every statement")
      return result
    }
  }

  private func folder(of store: CityStore) -> URL {
    folder.appending(path: store.name.lowercased())
  }

  /// The names of the statements of which two stores have other files.
  private func differing(_ one: CityStore, _ other: CityStore) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder(of: one).appending(path: "statements").path
    ).sorted()
    let found = names.filter { name in
      !FileManager.default.contentsEqual(
        atPath: folder(of: one).appending(path: "statements/\(name)").path,
        andPath: folder(of: other).appending(path: "statements/\(name)").path)
    }
    return found.prefix(3).joined(separator: ", ")
  }
}
