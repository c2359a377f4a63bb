/// What the books say at one moment. Amounts are in fen; names of diners are not in it.
package struct SettlementReport: Hashable, Sendable, Codable {
  /// When it was read, by the centre's clock; Unix time in milliseconds.
  package let asOfMilliseconds: Int64
  /// By number.
  package let terminals: [TerminalLine]
  package let totals: Totals

  package struct TerminalLine: Hashable, Sendable, Codable {
    package let terminal: UInt32
    package let name: String
    /// The newest epoch and the last sequence in it; 0 before the first contact.
    package let epoch: UInt32
    package let lastSequence: UInt64
    /// When the last batch came; `nil` before the first.
    package let lastIntakeMilliseconds: Int64?
    /// Everything recorded, forks included.
    package let records: Int
    /// Sales that were charged to diners, and what each purse paid for them, corrections taken off.
    package let sales: Int
    package let subsidyFen: Int64
    package let personalFen: Int64
    /// What the canteen earned there since the beginning: the posted sales and those that suspense stands in for,
    /// corrections taken off.
    package let payableFen: Int64
    /// Voids, refunds and reversals that took effect.
    package let corrections: Int
    /// Refused presentations; a record may stand for several.
    package let declines: Int
    package let suspenseRecords: Int
    package let suspenseFen: Int64
    package let forkRecords: Int
    package let flags: [FlagLine]
    /// What it lost, by epoch.
    package let lostTails: [LostTail]
  }

  /// Records that a terminal made and does not present.
  package struct LostTail: Hashable, Sendable, Codable {
    package let epoch: UInt32
    /// The last of them.
    package let lastSequence: UInt64
    package let missing: UInt64
    /// Whether it may be fewer: the terminal sold on under their numbers before it was noticed.
    package let isAtMost: Bool
    /// The number of the terminal that saw their end.
    package let witness: UInt32
  }

  package struct FlagLine: Hashable, Sendable, Codable {
    package let kind: FlagKind
    package let epoch: UInt32
    /// Where it was seen first.
    package let sequence: UInt64
    package let times: Int
    package let lastMilliseconds: Int64
  }

  /// The sums of the ledger's accounts. Together they are zero.
  package struct Totals: Hashable, Sendable, Codable {
    package let records: Int
    package let sales: Int
    package let accounts: Int
    package let accountsInDebt: Int
    /// 0 when there is none.
    package let rulebookVersion: Int64
    /// Minus what was imported.
    package let openingFundingFen: Int64
    package let subsidyBalanceFen: Int64
    package let personalBalanceFen: Int64
    /// What canteens earned and no approved statement has in it yet.
    package let payableFen: Int64
    /// Minus what nobody could be charged for yet.
    package let suspenseFen: Int64
    /// What people booked on all other accounts: banks, funding, statements.
    package let officeFen: Int64

    /// Zero in good books.
    package var sumFen: Int64 {
      openingFundingFen &+ subsidyBalanceFen &+ personalBalanceFen &+ payableFen &+ suspenseFen
        &+ officeFen
    }
  }
}

extension SettlementReport.Totals {
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    records = try fields.decode(Int.self, forKey: .records)
    sales = try fields.decode(Int.self, forKey: .sales)
    accounts = try fields.decode(Int.self, forKey: .accounts)
    accountsInDebt = try fields.decode(Int.self, forKey: .accountsInDebt)
    rulebookVersion = try fields.decode(Int64.self, forKey: .rulebookVersion)
    openingFundingFen = try fields.decode(Int64.self, forKey: .openingFundingFen)
    subsidyBalanceFen = try fields.decode(Int64.self, forKey: .subsidyBalanceFen)
    personalBalanceFen = try fields.decode(Int64.self, forKey: .personalBalanceFen)
    payableFen = try fields.decode(Int64.self, forKey: .payableFen)
    suspenseFen = try fields.decode(Int64.self, forKey: .suspenseFen)
    // A report from before people booked anything has none.
    officeFen = try fields.decodeIfPresent(Int64.self, forKey: .officeFen) ?? 0
  }
}
