package import CanteenModel

/// How far somebody reaches in the tree of the programme (C10).
package enum Scope: Hashable, Sendable {
  case everything
  /// A city, county or township by its number, with all that lies in it.
  case region(Int64)
  case unit(UnitID)
  case canteen(CanteenID)
  case caterer(CatererID)
  case account(AccountID)

  /// A scope without its number.
  package enum Kind: String, CaseIterable, Codable, Sendable {
    case everything, region, unit, canteen, caterer, account
  }

  package var kind: Kind {
    switch self {
    case .everything: .everything
    case .region: .region
    case .unit: .unit
    case .canteen: .canteen
    case .caterer: .caterer
    case .account: .account
    }
  }

  /// Whether what is asked about lies in it.
  package func covers(_ subject: Subject) -> Bool {
    switch self {
    case .everything: return true
    case .region(let number): return subject.regions.contains(number)
    case .unit(let unit):
      #if SEEDED_BUGS
        if SeededAccessBug.planted == .unitSeesAnother { return subject.unit != nil }
      #endif
      return subject.unit == unit
    case .canteen(let canteen): return subject.canteen == canteen
    case .caterer(let caterer): return subject.caterer == caterer
    case .account(let account): return subject.account == account
    }
  }
}

extension Scope: CustomStringConvertible {
  /// `everything`, `unit:7`: as it is kept, and as people type it.
  package var description: String {
    switch self {
    case .everything: kind.rawValue
    case .region(let number): "\(kind.rawValue):\(number)"
    case .unit(let unit): "\(kind.rawValue):\(unit.number)"
    case .canteen(let canteen): "\(kind.rawValue):\(canteen.number)"
    case .caterer(let caterer): "\(kind.rawValue):\(caterer.number)"
    case .account(let account): "\(kind.rawValue):\(account.number)"
    }
  }

  /// Reads ``description``.
  ///
  /// - Returns: `nil` for anything else, a number below 1 or with a leading zero included.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let kind = parts.first.flatMap({ Kind(rawValue: $0) }) else { return nil }
    guard kind != .everything else {
      guard parts.count == 1 else { return nil }
      self = .everything
      return
    }
    guard parts.count == 2, let number = Int64(parts[1]), number > 0, "\(number)" == parts[1],
      let scope = Scope(kind, number)
    else { return nil }
    self = scope
  }

  private init?(_ kind: Kind, _ number: Int64) {
    switch kind {
    case .everything: return nil
    case .region: self = .region(number)
    case .unit:
      guard let unit = UnitID.Number(exactly: number) else { return nil }
      self = .unit(UnitID(unit))
    case .canteen:
      guard let canteen = CanteenID.Number(exactly: number) else { return nil }
      self = .canteen(CanteenID(canteen))
    case .caterer:
      guard let caterer = CatererID.Number(exactly: number) else { return nil }
      self = .caterer(CatererID(caterer))
    case .account: self = .account(AccountID(number))
    }
  }
}

/// Where what is asked about lies. What is not said lies nowhere: only who reaches everything reaches that.
package struct Subject: Hashable, Sendable {
  /// The region and all that it lies in, up to the city.
  package var regions: [Int64] = []
  package var unit: UnitID?
  package var canteen: CanteenID?
  package var caterer: CatererID?
  package var account: AccountID?

  package init() {}

  /// Something of the whole programme.
  package static let whole = Subject()
}
