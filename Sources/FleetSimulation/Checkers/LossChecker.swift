import CanteenModel

/// What canteens lose because terminals decide alone, and the bound of it: for every account at most the sum over
/// domains of min(cached balance, meal periods × cap) (DESIGN, section 6; durability-and-risk, section 3).
///
/// Each ledger is a domain. While an account is in debt, counting what no terminal has handed in yet and what is
/// set aside, each domain may have added its balance or its caps once, whichever is less.
struct LossChecker {
  /// What one ledger may have approved of an account beyond what the centre told it.
  struct Exposure {
    /// By meal: the cap of the highest medium that paid alone in it, in fen.
    var caps: [(day: Int64, period: UInt64, fen: Int64)] = []
    /// What the ledger was fed, without debts.
    var balance: Int64 = 0
    /// Approved alone, behind what the fed row includes; corrections are negative.
    var alone: [(head: Digest32, fen: Int64)] = []

    /// min(cached balance, meal periods × cap).
    var bound: Int64 { min(balance, caps.reduce(0) { $0 + $1.fen }) }

    mutating func raise(day: Int64, period: UInt64, to fen: Int64) {
      if let index = caps.firstIndex(where: { $0.day == day && $0.period == period }) {
        caps[index].fen = max(caps[index].fen, fen)
      } else {
        caps.append((day, period, fen))
      }
    }

    /// What this one may have added since it was looked at before.
    mutating func join(_ later: Exposure) {
      for cap in later.caps { raise(day: cap.day, period: cap.period, to: cap.fen) }
      balance = max(balance, later.balance)
    }
  }

  private struct Account {
    /// By device, while the account is in debt.
    var domains: [Exposure] = []
    /// Approved by ledgers that are gone; their records may still come.
    var gone: Int64 = 0
    var loss: Int64 = 0
    var bound: Int64 = 0
  }

  private var accounts: [Account] = []

  /// Over all accounts: what each lost at most at one time, and the bound at that time.
  var sum: (loss: Int64, bound: Int64) {
    accounts.reduce((0, 0)) { ($0.0 + $1.loss, $0.1 + $1.bound) }
  }
  /// The most that one account lost.
  var worst: Int64 { accounts.reduce(0) { max($0, $1.loss) } }
  /// How many accounts were ever in debt.
  var count: Int { accounts.count { $0.loss > 0 } }

  /// A ledger is gone, or lost its end: what it approved there may settle all the same.
  ///
  /// - Parameter fen: 0 or more.
  mutating func wentAway(_ account: Int, fen: Int64) {
    extend(to: account)
    accounts[account].gone += fen
  }

  /// The account is not in debt.
  mutating func isCovered(_ account: Int) {
    guard account < accounts.count else { return }
    accounts[account].domains.removeAll()
  }

  /// A terminal approved something of the account alone.
  ///
  /// - Parameters:
  ///   - free: What the account has at the centre, minus what is set aside.
  ///   - exposures: By device.
  ///   - isPosted: Whether a record, by its head, is in the centre's balances.
  /// - Returns: What is wrong.
  mutating func approvedAlone(
    _ account: Int, free: Int64, _ exposures: [Exposure], isPosted: (Digest32) -> Bool
  ) -> String? {
    var left = free
    var seen: [Digest32] = []
    for exposure in exposures {
      for (head, fen) in exposure.alone where !isPosted(head) && !seen.contains(head) {
        // Two ledgers of one terminal have what they wrote before they were two.
        seen.append(head)
        left -= fen
      }
    }
    guard left < 0 else {
      isCovered(account)
      return nil
    }
    extend(to: account)
    for (index, exposure) in exposures.enumerated() {
      if index < accounts[account].domains.count {
        accounts[account].domains[index].join(exposure)
      } else {
        accounts[account].domains.append(exposure)
      }
    }
    let bound =
      accounts[account].gone + accounts[account].domains.reduce(0) { $0 + $1.bound }
    if -left > accounts[account].loss {
      (accounts[account].loss, accounts[account].bound) = (-left, bound)
    }
    guard -left <= bound else {
      return
        "I4: account \(account + 1) is \(-left) fen beyond its money; its domains may lose \(bound)"
    }
    return nil
  }

  private mutating func extend(to account: Int) {
    while accounts.count <= account { accounts.append(Account()) }
  }
}
