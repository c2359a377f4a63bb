/// What an official meal (公务餐) may cost and for how many. The host unit pays, from an account of its
/// own that only the number of an approved request opens; no diner's purse is touched.
package struct OfficialMealRules: Hashable, Sendable, Codable {
  /// What a head costs, by meal period; a period that is not named serves none.
  package let prices: [Price]
  /// How many heads one sale may have. 1...1000.
  package let mostHeads: Int

  package init(prices: [Price], mostHeads: Int) {
    self.prices = prices
    self.mostHeads = mostHeads
  }

  /// What a head costs in a meal period.
  package struct Price: Hashable, Sendable, Codable {
    /// The meal period's number.
    package let period: UInt8
    /// More than zero.
    package let perHead: Fen

    package init(period: UInt8, perHead: Fen) {
      self.period = period
      self.perHead = perHead
    }
  }

  package static let headRange = 1...1000

  /// What a head costs; `nil` where none is served.
  package func price(in period: UInt8) -> Fen? {
    prices.first { $0.period == period }?.perHead
  }
}

/// The number of an approved request for an official meal, as it stands on the paper.
package enum VoucherNumber {
  /// Capital letters, digits and hyphens, 6 to 32 of them.
  ///
  /// - Returns: `nil` for any other text.
  package static func credential(_ text: some StringProtocol) -> Credential? {
    let bytes = Array(text.utf8)
    let isNumber = bytes.allSatisfy { byte in
      (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
    }
    guard (6...32).contains(bytes.count), isNumber else { return nil }
    return Credential(kind: .officialVoucher, value: bytes)
  }
}
