/// Where a diner's money came from. The two are never one number (C2).
package enum Purse: String, Hashable, Sendable, Codable, CaseIterable {
  /// 拨付: paid in by the diner's unit.
  case subsidy
  /// 自费充值: topped up by the diner.
  case personal

  /// The number by which databases store it. It never changes.
  package var number: Int64 {
    switch self {
    case .subsidy: 1
    case .personal: 2
    }
  }

  /// - Returns: `nil` for a number that is none.
  package init?(number: Int64) {
    switch number {
    case 1: self = .subsidy
    case 2: self = .personal
    default: return nil
    }
  }
}

/// An amount in each purse: a balance, or what a sale takes.
package struct PurseAmounts: Hashable, Sendable, Codable {
  package var subsidy: Fen
  package var personal: Fen

  package init(subsidy: Fen = .zero, personal: Fen = .zero) {
    self.subsidy = subsidy
    self.personal = personal
  }

  package static let zero = PurseAmounts()

  /// Both purses together.
  package func total() throws(MoneyError) -> Fen {
    try subsidy + personal
  }

  /// The amount in one purse.
  package subscript(purse: Purse) -> Fen {
    get {
      switch purse {
      case .subsidy: subsidy
      case .personal: personal
      }
    }
    set {
      switch purse {
      case .subsidy: subsidy = newValue
      case .personal: personal = newValue
      }
    }
  }

  /// The sum, purse by purse. Throws ``MoneyError/overflow`` outside of `Int64`.
  package func adding(_ other: PurseAmounts) throws(MoneyError) -> PurseAmounts {
    PurseAmounts(subsidy: try subsidy + other.subsidy, personal: try personal + other.personal)
  }

  /// The difference, purse by purse. Throws ``MoneyError/overflow`` outside of `Int64`.
  package func subtracting(_ other: PurseAmounts) throws(MoneyError) -> PurseAmounts {
    PurseAmounts(subsidy: try subsidy - other.subsidy, personal: try personal - other.personal)
  }
}
