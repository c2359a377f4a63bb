import CanteenModel

/// What the terminals of one canteen approve together without the centre, for one account in one meal: I4, from
/// durability-and-risk, section 3. The home cap as long as their network is whole; the lemmas' bound however it breaks.
struct GroupChecker {
  private struct Sum {
    let day: Int64
    let period: UInt64
    let firstAt: Int64
    var fen: Int64 = 0
    var approvals: Int64 = 0
    /// The highest caps that any of its sales was under.
    var home: Int64 = 0
    var alone: Int64 = 0
    var mostApprovals: Int64 = 0
  }

  private struct Canteen {
    /// Ledgers, copies among them.
    var ledgers: Int64
    var isCopied = false
    var setBacks: [Int64] = []
    var notWholeAt = Int64.min / 2
    /// By account.
    var sums: [[Sum]] = []
  }

  private var canteens: [Canteen]
  /// So long after somebody did not answer, all have greeted one another again, in milliseconds.
  private static let settlingMilliseconds: Int64 = 60_000
  /// So long a ledger that lost its end may not know what it sold in a meal.
  private static let setBackMilliseconds: Int64 = 2 * 86_400_000
  /// So many meals of an account are remembered: terminals whose clocks are wrong sell in several at once.
  private static let remembered = 8
  /// Sums that were looked at while the network was whole.
  private(set) var wholeSums = 0

  init(terminalsAt: [Int]) {
    canteens = terminalsAt.map { Canteen(ledgers: Int64($0)) }
  }

  /// Somebody there did not hear another one, or was not up.
  mutating func isNotWhole(_ canteen: Int, at now: Int64) { canteens[canteen].notWholeAt = now }

  /// A ledger there lost its end, was replaced or begun anew: it does not know what it sold.
  mutating func setBack(_ canteen: Int, at now: Int64) {
    canteens[canteen].setBacks.append(now)
    canteens[canteen].notWholeAt = now
  }

  /// A terminal there has a copy: two speak under one number.
  mutating func copied(_ canteen: Int) {
    canteens[canteen].isCopied = true
    canteens[canteen].ledgers += 1
  }

  /// A terminal wrote a record.
  ///
  /// - Returns: What is wrong.
  mutating func wrote(
    _ record: RawRecord, at canteen: Int, now: Int64, _ policy: Policy
  ) -> String? {
    guard canteens[canteen].ledgers > 1, record.account > 0 else { return nil }
    switch record.kind {
    case .decline, .other, .unreadable: return nil
    case .correction:
      let place = place(of: record, at: canteen, now)
      canteens[canteen].sums[place.account][place.sum].fen -= record.aloneFen
      canteens[canteen].sums[place.account][place.sum].approvals -= record.alone
      return nil
    case .sale: break
    }
    guard record.place != 1, record.total > 0, let numbers = policy.versions[record.rulebook] else {
      return nil
    }
    let (account, place) = (Int(record.account) - 1, CanteenID(UInt32(canteen) + 1))
    let home = policy.cap(
      account, medium: record.medium, at: place, isOnly: true, period: record.period, numbers)
    let alone = policy.cap(
      account, medium: record.medium, at: place, isOnly: false, period: record.period, numbers)
    let slot = self.place(of: record, at: canteen, now)
    var sum = canteens[canteen].sums[slot.account][slot.sum]
    sum.fen += record.total
    sum.approvals += 1
    sum.home = max(sum.home, home.total)
    sum.alone = max(sum.alone, alone.total)
    sum.mostApprovals = max(sum.mostApprovals, home.approvals)
    canteens[canteen].sums[slot.account][slot.sum] = sum
    return judge(sum, of: record.account, canteens[canteen], now, numbers)
  }

  /// A record was not on the disk when the ledger was opened again: nobody saw a light for it.
  mutating func vanished(_ record: RawRecord, at canteen: Int) {
    let account = Int(record.account) - 1
    guard account >= 0, account < canteens[canteen].sums.count,
      let place = canteens[canteen].sums[account].lastIndex(where: {
        $0.day == record.day && $0.period == record.period
      })
    else { return }
    switch record.kind {
    case .decline, .other, .unreadable: break
    case .correction:
      canteens[canteen].sums[account][place].fen += record.aloneFen
      canteens[canteen].sums[account][place].approvals += record.alone
    case .sale:
      guard record.place != 1, record.total > 0 else { break }
      canteens[canteen].sums[account][place].fen -= record.total
      canteens[canteen].sums[account][place].approvals -= 1
    }
  }

  private mutating func judge(
    _ sum: Sum, of account: Int64, _ canteen: Canteen, _ now: Int64, _ numbers: Policy.Numbers
  ) -> String? {
    let setBacks = canteen.setBacks.reduce(Int64(0)) {
      $0 + ($1 > now - Self.setBackMilliseconds ? 1 : 0)
    }
    let isSetBack = canteen.isCopied || setBacks > 0
    // Each ledger keeps to the home cap by itself, whatever it forgot of the others.
    let bound =
      isSetBack
      ? (canteen.ledgers + setBacks) * sum.home
      : Policy.bound(
        terminals: canteen.ledgers, home: sum.home, alone: sum.alone, groups: numbers.groups)
    guard sum.fen <= bound else {
      return "I4: the terminals of a canteen approved \(sum.fen) fen of account \(account) in "
        + "\(sum.day)/\(sum.period) together; the bound is \(bound)"
    }
    let isWhole =
      numbers.groups > 0 && !isSetBack
      && sum.firstAt - canteen.notWholeAt > Self.settlingMilliseconds
    guard isWhole else { return nil }
    wholeSums += 1
    guard sum.fen <= sum.home, sum.approvals <= sum.mostApprovals else {
      return "I4: a group whose network is whole approved \(sum.fen) fen of account \(account) in "
        + "\(sum.approvals) sales in \(sum.day)/\(sum.period); the cap is \(sum.home) in "
        + "\(sum.mostApprovals)"
    }
    return nil
  }

  /// Where an account's sum of a slot is; the oldest makes room for a new one.
  private mutating func place(
    of record: RawRecord, at canteen: Int, _ now: Int64
  ) -> (account: Int, sum: Int) {
    let account = Int(record.account) - 1
    while canteens[canteen].sums.count <= account { canteens[canteen].sums.append([]) }
    let known = canteens[canteen].sums[account].lastIndex {
      $0.day == record.day && $0.period == record.period
    }
    if let known { return (account, known) }
    if canteens[canteen].sums[account].count == Self.remembered {
      canteens[canteen].sums[account].removeFirst()
    }
    canteens[canteen].sums[account].append(
      Sum(day: record.day, period: record.period, firstAt: now))
    return (account, canteens[canteen].sums[account].count - 1)
  }
}
