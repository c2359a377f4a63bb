import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol

/// The rules of every canteen on one day: the city's, and those of the canteens that have their own.
struct CityRules: Sendable {
  let city: Rulebook
  let own: [(canteen: CanteenID, rulebook: Rulebook)]

  func rulebook(at canteen: CanteenID) -> Rulebook {
    own.first { $0.canteen == canteen }?.rulebook ?? city
  }
}

/// Everything that the lines of canteens are made of, as it is in the books, and as it would be.
struct RuleSources: Sendable {
  /// In order of version, revision and version.
  var city: [Rulebook]
  var unit: [UnitRules]
  let policies: [ProgrammePolicy]
  /// The local day.
  let today: Int32

  /// The canteens that ever had rules of their own, by number.
  var canteens: [CanteenID] { Set(unit.map(\.canteen)).sorted() }

  func line(of canteen: CanteenID) -> CanteenLine {
    CanteenLine(
      city: city, unit: unit.filter { $0.canteen == canteen }, policies: policies, today: today)
  }

  /// - Returns: `nil` before the city's first rulebook.
  func rules(on day: Int32) -> CityRules? {
    guard let rulebook = city.last(where: { $0.effectiveFromDay <= day }) else { return nil }
    return CityRules(
      city: rulebook,
      own: canteens.compactMap { canteen in
        line(of: canteen).stretch(on: day).map { (canteen, $0.rulebook) }
      })
  }

  /// Whose rules would be suspended that are not, with the reason.
  func suspensions(before: RuleSources) -> [String] {
    canteens.flatMap { canteen in
      let line = before.line(of: canteen)
      return self.line(of: canteen).stretches.filter { stretch in
        !stretch.suspended.isEmpty
          && line.stretch(on: max(stretch.fromDay, today))?.suspended.isEmpty != false
      }.map { stretch in
        "the rules of canteen \(canteen.number) are suspended from \(CivilDate(day: max(stretch.fromDay, today))) on: "
          + stretch.suspended.joined(separator: "; ")
      }
    }
  }
}

extension Books {
  func ruleSources(_ db: any Database) throws -> RuleSources {
    let documents: [String] = try db.values("SELECT document FROM policy ORDER BY version")
    let rules: [String] = try db.values(
      "SELECT document FROM unit_rules ORDER BY canteen, revision")
    return RuleSources(
      city: try allRulebooks(db), unit: try rules.map { try Self.read($0, "the rules of a unit") },
      policies: try documents.map { try Self.read($0, "a policy") }, today: try localDay(db))
  }

  private static func read<Value: Decodable>(
    _ document: String, _ what: String
  ) throws(StoreError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(document.utf8))
    } catch {
      throw .damaged("\(what) cannot be read: \(error)")
    }
  }

  /// Gives the terminals of a canteen the line that its unit's rules and the city's make, where it is another one than
  /// they have. A canteen that never had rules of its own has the city's line.
  ///
  /// - Parameter isForced: Also when it is the same: for terminals that come from another line.
  /// - Returns: Whether anything was signed.
  /// - Throws: ``StoreError/refused(_:)`` for more stretches than a terminal keeps.
  func publishLine(
    of canteen: CanteenID, _ sources: RuleSources, isForced: Bool = false, _ db: any Database
  ) throws -> Bool {
    let line = sources.line(of: canteen)
    let had = try publishedLine(of: canteen, db)
    let present = had.isEmpty ? sources.city : had
    let days = ([sources.today] + line.stretches.map(\.fromDay) + present.map(\.effectiveFromDay))
      .filter { $0 >= sources.today }
    let isSame = days.allSatisfy { day in
      let wanted = line.stretch(on: day)?.rulebook
      let found = present.last { $0.effectiveFromDay <= day }
      return wanted.map { found?.hasSameRules(as: $0) ?? false } ?? true
    }
    guard !isSame || isForced else { return false }
    guard line.stretches.count <= Self.comingLimit else {
      throw StoreError.refused([
        "effectiveFrom: \(line.stretches.count - 1) changes wait for their first day in canteen \(canteen.number), "
          + "and a terminal keeps \(Self.comingLimit - 1): wait until one of them has come"
      ])
    }
    var version = try newestRulebookVersion(db)
    for stretch in line.stretches {
      version += 1
      let rulebook = stretch.rulebook.published(as: version, from: stretch.fromDay)
      try db.insert(
        into: "canteen_rulebook",
        ["version", "canteen", "city_version", "revision", "signed", "signed_ms"],
        [
          [
            version, canteen.number, stretch.rulebook.version, stretch.revision,
            Data(try RulebookCodec.sign(rulebook, key: configuration.key)), now,
          ]
        ])
    }
    return true
  }

  /// Makes every line anew, behind a change of the city's rules or of the policy.
  func publishLines(_ db: any Database) throws {
    #if SEEDED_BUGS
      if plantedLine == .notLaidAgain { return }
    #endif
    let sources = try ruleSources(db)
    for canteen in try canteensWithLines(sources, db) {
      _ = try publishLine(of: canteen, sources, db)
    }
  }

  /// A terminal that stands in another canteen now must be given the rules that hold there, and only a higher version
  /// takes the place of what it has.
  func publishLine(movingFrom old: CanteenID, to new: CanteenID, _ db: any Database) throws {
    let sources = try ruleSources(db)
    let canteens = try canteensWithLines(sources, db)
    guard !sources.city.isEmpty, canteens.contains(old) || canteens.contains(new) else { return }
    _ = try publishLine(of: new, sources, isForced: true, db)
  }

  private func canteensWithLines(
    _ sources: RuleSources, _ db: any Database
  ) throws -> [CanteenID] {
    let published: [UInt32] = try db.values("SELECT DISTINCT canteen FROM canteen_rulebook")
    return Set(sources.canteens + published.map { CanteenID($0) }).sorted()
  }

  private func publishedLine(of canteen: CanteenID, _ db: any Database) throws -> [Rulebook] {
    let signed: [Data] = try db.values(
      "SELECT signed FROM canteen_rulebook WHERE canteen = ? ORDER BY version", [canteen.number])
    return try signed.map { try RulebookCodec.open(Array($0), key: configuration.key.publicKey) }
  }

  /// The counter of versions: every rulebook of the city and of a canteen takes its number from it.
  func newestRulebookVersion(_ db: any Database) throws -> Int64 {
    let row = try db.row(
      """
      SELECT (SELECT COALESCE(MAX(version), 0) FROM rulebook) AS city,
        (SELECT COALESCE(MAX(version), 0) FROM canteen_rulebook) AS canteens
      """)
    guard let row else { throw StoreError.damaged("an aggregate has a row") }
    return max(try row.integer("city"), try row.integer("canteens"))
  }
}
