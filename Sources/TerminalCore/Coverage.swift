package import CanteenModel

/// Whether the centre can help with a decision.
package enum CentreReach: Hashable, Sendable {
  /// There is nobody to ask, or no answer came: the terminal decides alone.
  case silent
  /// It may be asked. `canLease`: whether the ledger has room for an amount that outlives the sale.
  case askable(canLease: Bool)
  /// It answered this presentation and is not asked again; why it set nothing aside, if it did not.
  case answered(HoldRefusal?)
}

/// What the centre must set aside before a sale can be approved.
package struct HoldNeed: Hashable, Sendable {
  package let account: AccountID
  /// As much as is wanted, and the least that is of any use. More than the least asks for a lease, of
  /// which the rest pays later sales.
  package let asked: Fen
  package let least: Fen

  package init(account: AccountID, asked: Fen, least: Fen) {
    self.account = account
    self.asked = asked
    self.least = least
  }

  package var isLease: Bool { asked > least }
}

/// Whether the other terminals of the canteen can vouch for a sale.
package enum PeerReach: Hashable, Sendable {
  /// There are none, or none answers: the terminal decides alone.
  case silent
  /// Some answer and may be asked.
  case askable
  /// They were asked for this presentation, and so many have it on disk as the rules demand. It counts for
  /// that account and meal period, and for no larger amount.
  case agreed(PeerNeed)
  /// They were asked for this presentation, and not so many have it on disk.
  case notAgreed
}

/// What the other terminals must have on disk before a sale can be approved.
package struct PeerNeed: Hashable, Sendable {
  package let account: AccountID
  package let slot: MealKey
  /// More than zero.
  package let amount: Fen
  /// What the group may approve.
  package let allowance: OfflineBound.Allowance

  package init(
    account: AccountID, slot: MealKey, amount: Fen, allowance: OfflineBound.Allowance
  ) {
    self.account = account
    self.slot = slot
    self.amount = amount
    self.allowance = allowance
  }
}

/// On whose word a sale that every other rule allows is approved.
///
/// A sale is covered whole or not at all: by what the centre set aside, within what the canteen's terminals
/// may approve together, or within what this one may approve alone. What is covered by holds does not count against the cap, so the loss stays within
/// ``OfflineBound``.
enum Coverage: Hashable {
  case held([HoldSpend])
  case lan
  case alone
  case reserve(PeerNeed)
  case ask(HoldNeed)
  case refused(DeclineReason)

  /// - Throws: ``MoneyError/overflow``.
  init(
    of amount: Fen, for account: AccountView, meal period: MealPeriod?, _ facts: SaleFacts,
    _ rulebook: Rulebook, at wallMilliseconds: Int64
  ) throws(MoneyError) {
    let brake = BrakeLevel(of: facts.backlog, limits: rulebook.brakes, at: wallMilliseconds)
    // A braked terminal stores no more than it must: it neither asks nor spends what it holds.
    let holds = brake < .braked ? facts.holds : []
    let (spends, missing) = try Self.spends(of: amount, from: holds)
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .shortHoldCovers, !spends.isEmpty {
        self = .held(spends)
        return
      }
    #endif
    if amount > .zero, missing == .zero {
      self = .held(spends)
      return
    }
    let slot = rulebook.slot(at: wallMilliseconds)
    let mayAsk = facts.peers == .askable && rulebook.offline.groups != .none
    var hasAgreed = false
    if case .agreed(let need) = facts.peers {
      hasAgreed = need.account == account.account && need.slot == slot && need.amount >= amount
    }
    let allowance = OfflineBound.allowance(
      of: account, at: facts.place, period: period, rulebook: rulebook, brake: brake,
      inGroup: mayAsk || hasAgreed)
    if try OfflineBound.allows(amount, allowance, after: account.knownSpend()) {
      // A meal that costs nothing needs nobody's word.
      if amount > .zero, mayAsk {
        self = .reserve(
          PeerNeed(account: account.account, slot: slot, amount: amount, allowance: allowance))
      } else {
        self = amount > .zero && hasAgreed ? .lan : .alone
      }
      return
    }
    switch facts.centre {
    case .silent: self = .refused(.needsCentre)
    case .answered(.insufficient): self = .refused(.insufficientBalance)
    case .answered: self = .refused(.needsCentre)
    case .askable(let canLease):
      guard brake < .braked, holds.count < HoldSpend.limit else {
        self = .refused(.needsCentre)
        return
      }
      let isLease = canLease && account.trust == .anonymous
      self = .ask(
        HoldNeed(
          account: account.account, asked: isLease ? max(missing, rulebook.offline.lease) : missing,
          least: missing))
    }
  }

  /// Takes an amount from holds in their order; what they do not have is missing.
  private static func spends(
    of amount: Fen, from holds: [HoldSpend]
  ) throws(MoneyError) -> (spends: [HoldSpend], missing: Fen) {
    var missing = amount
    var spends: [HoldSpend] = []
    for hold in holds.prefix(HoldSpend.limit) where missing > .zero && hold.amount > .zero {
      let part = min(missing, hold.amount)
      spends.append(HoldSpend(hold: hold.hold, amount: part))
      missing = try missing - part
    }
    return (spends, missing)
  }
}
