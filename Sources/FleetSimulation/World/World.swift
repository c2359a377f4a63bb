import CanteenModel
import SeededRandom
import SyncProtocol
import TerminalCore

/// A fleet in a bottle: terminals, a centre, diners, a network, clocks and disks that fail; one heap of
/// events, one seed, no task and no clock of this machine.
///
/// It runs in two phases. First everything goes wrong that may, while the checkers look on. Then all faults
/// end, and within ``healingMilliseconds`` everything must have settled (I12).
final class World {
  /// What ended a run.
  struct Result: Sendable {
    var tally = FleetTally()
    var trace: UInt64 = 0
    /// What the checkers saw first; `nil`: nothing.
    var violation: String?
    var events = 0
  }

  let plan: WorldPlan
  let options: WorldOptions
  var heap = EventHeap()
  var now = WorldPlan.beginning
  var devices: [Device] = []
  let centre: SimulatedCentre
  var trace = Trace()
  var tally = FleetTally()
  var witness: Witness
  let referee = Referee()
  var requests: UInt64 = 0
  var isHealing = false
  /// Of the newest rulebook at the centre.
  var rulebookVersion: Int64 = 1
  var diners: SplitMix64
  var network: SplitMix64
  var people: SplitMix64
  var lan: SplitMix64
  /// Of questions that change nothing.
  var drills: SplitMix64
  /// By terminal: which canteen, from 0 on.
  let canteens: [Int]
  /// By canteen: when its network was cut or healed last.
  var lanChangedAt: [Int64]
  var faults: [FaultKind: SplitMix64] = [:]
  var credentials: [[Credential]] = []
  /// Where each diner eats; the own units of some have no canteen (S31).
  let homes: [CanteenID]
  var events = 0
  /// Terminals of which people were told that something is wrong.
  var flagged: Set<TerminalID> = []
  /// Terminals of which people were told that a copy speaks, and which device of each stored the last ack.
  var seenAsCopy: Set<TerminalID> = []
  var lastStored: [TerminalID: Int] = [:]
  /// The rotations that ledgers of each terminal wrote, on whatever branch.
  var rotations: [TerminalID: [(previous: Digest32, next: Digest32, head: Digest32)]] = [:]
  /// Terminals whose ledger was set back, copied or begun anew.
  var wasSetBack: Set<TerminalID> = []
  /// Batches that the centre took and did not post yet.
  var unposted: [[UInt8]] = []
  var toldPostings = 0

  init(_ options: WorldOptions) {
    self.options = options
    plan = WorldPlan(seed: options.seed, isRough: options.isRough)
    var dice = SplitMix64(seed: plan.seed, number: 2)
    let places = plan.terminalsAt.count
    homes = (0..<plan.accounts).map { _ in CanteenID(UInt32(dice.below(places)) + 1) }
    witness = Witness(plan.people(homes, &dice), terminalsAt: plan.terminalsAt)
    diners = SplitMix64(seed: plan.seed, number: 3)
    network = SplitMix64(seed: plan.seed, number: 4)
    people = SplitMix64(seed: plan.seed, number: 5)
    lan = SplitMix64(seed: plan.seed, number: 7)
    drills = SplitMix64(seed: plan.seed, number: 8)
    canteens = plan.terminalsAt.enumerated().flatMap { Array(repeating: $0, count: $1) }
    lanChangedAt = plan.terminalsAt.map { _ in 0 }
    for (number, kind) in FaultKind.allCases.enumerated() {
      faults[kind] = SplitMix64(seed: plan.seed, number: 100 + number)
    }
    centre = SimulatedCentre(
      key: Self.key(&dice), dice: SplitMix64(seed: plan.seed, number: 6), nextSize: plan.nextSize,
      rowsPerPage: plan.rowsPerPage, postsLater: plan.postingMilliseconds > 0)
    centre.now = now
    setUpAccounts(&dice)
    setUpTerminals(&dice)
    planFaults()
    heap.push(.day(WorldPlan.firstDay), at: now)
    heap.push(.operate, at: now + 3_600_000)
    if centre.postsLater { heap.push(.centrePosts, at: now + 3_600_000) }
  }

  /// How long the healing may take: two days.
  static let healingMilliseconds: Int64 = 2 * WorldPlan.dayMilliseconds

  static func key(_ dice: inout SplitMix64) -> SigningKey {
    do throws(WireError) {
      return try SigningKey(rawBytes: dice.digest().bytes)
    } catch {
      preconditionFailure("32 bytes are a key")
    }
  }

  private func setUpAccounts(_ dice: inout SplitMix64) {
    publish(plan.rulebook(version: 1, from: 0))
    _ = centre.disk.commit { $0.catalogue = WorldPlan.catalogue }
    for index in 0..<plan.accounts {
      let number = UInt32(index + 1)
      let value = (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
      credentials.append([
        Credential(kind: .cardSerial, value: value + [1]),
        Credential(kind: .face, value: value + [2]),
        Credential(kind: .code, value: value + [3]),
      ])
      open(index)
      // Nobody knows this one.
      credentials[index].append(Credential(kind: .cardSerial, value: value + [4]))
      topUp(index, Fen(dice.between(2_000, 40_000)), .personal)
      topUp(index, Fen(dice.between(0, 30_000)), .subsidy)
    }
    for unit in 0..<WorldPlan.units {
      let index = plan.accounts + unit
      let number: [UInt8] = Array("GW2026-".utf8) + [UInt8(0x31 + unit)]
      credentials.append([Credential(kind: .officialVoucher, value: number)])
      open(index)
      topUp(index, Fen(dice.between(10_000, 200_000)), .personal)
    }
  }

  /// Opens an account at the centre.
  private func open(_ index: Int) {
    let diner = witness.policy.diners[index]
    _ = centre.disk.commit { tables in
      tables.accounts.append(
        CentreTables.AccountFile(
          name: "食*\(index)", homeCanteen: witness.policy.homes[index],
          category: diner.category, homePrices: diner.homePrices,
          credentials: credentials[index]))
    }
  }

  func publish(_ rulebook: Rulebook) {
    witness.policy.note(rulebook)
    // try?: rulebooks of a plan are valid.
    guard let signed = try? RulebookCodec.sign(rulebook, key: centre.key) else {
      preconditionFailure("a plan's rulebook is valid")
    }
    _ = centre.disk.commit { $0.rulebooks.append((rulebook, signed)) }
  }

  /// Money that comes in. Subsidy is a tranche of its weeks, which ends with those after them.
  func topUp(_ index: Int, _ amount: Fen, _ purse: Purse) {
    guard amount > .zero else { return }
    let day = WorldPlan.firstDay + Int32((now - WorldPlan.beginning) / WorldPlan.dayMilliseconds)
    let length = plan.trancheDays
    let month = (day - WorldPlan.firstDay) / length
    let tranche = TrancheBalance(
      purse: purse, tranche: purse == .personal ? .none : TrancheID(Int64(month) + 1),
      amount: amount,
      lastSpendingDay: purse == .personal ? nil : WorldPlan.firstDay + (month + 2) * length)
    let account = AccountID(Int64(index) + 1)
    centre.fund(account, tranche)
    witness.audit.funded(account, tranche)
  }

  private func setUpTerminals(_ dice: inout SplitMix64) {
    var number: UInt32 = 0
    for (canteen, count) in plan.terminalsAt.enumerated() {
      for _ in 0..<count {
        number += 1
        let id = CanteenID(UInt32(canteen) + 1)
        let key = Self.key(&dice)
        _ = centre.disk.commit { tables in
          tables.terminals.append(
            CentreTables.TerminalFile(canteen: id, publicKey: key.publicKey.digest))
        }
        let journal = newJournal(
          TerminalID(number), key, epoch: Epoch(1), token: nil, number: 1_000 + Int(number))
        let drift = plan.faultPercent == 0 ? 0 : dice.between(-40, 40)
        install(journal, TerminalID(number), canteen: id, drift: drift, isClone: false)
      }
    }
  }

  func newJournal(
    _ terminal: TerminalID, _ key: SigningKey, epoch: Epoch, token: Digest32?, number: Int
  ) -> SimulatedJournal {
    SimulatedJournal(
      terminal: terminal, key: key, epoch: epoch, token: token,
      floor: WorldPlan.beginning - 30 * WorldPlan.dayMilliseconds,
      retention: plan.retentionDays * WorldPlan.dayMilliseconds,
      dice: SplitMix64(seed: plan.seed, number: number), referee: referee)
  }

  /// Puts a device at a counter and starts it.
  @discardableResult
  func install(
    _ journal: SimulatedJournal, _ terminal: TerminalID, canteen: CanteenID, drift: Int64,
    isClone: Bool
  ) -> Device {
    let device = Device(
      index: devices.count, terminal: terminal, journal: journal, lanes: 2, now: now - 60_000,
      driftPPM: drift, isClone: isClone)
    devices.append(device)
    witness.devices.append(checker(of: device, canteen))
    if journal.ledger.position.sequence == .none {
      attempt { try journal.begin(now: device.reading(now)) }
    }
    hearRecords(device)
    open(device)
    heap.push(.keep(device: device.index), at: now + 7 * 3_600_000)
    return device
  }

  func checker(of device: Device, _ canteen: CanteenID) -> DeviceChecker {
    DeviceChecker(
      terminal: device.terminal, canteen: canteen,
      isOnly: plan.terminalsAt[Int(canteen.number) - 1] == 1, mayAsk: plan.isPushed,
      epoch: device.journal.ledger.position.epoch)
  }

  /// What a world cannot do is a violation, not a crash: a planted bug may bring it there.
  func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      witness.report("a rule threw: \(error)")
    }
  }

  /// Runs until so many cards were presented, heals, and looks at everything.
  func run() -> Result {
    while tally.swipes < options.swipes, witness.violation == nil, step() {}
    if witness.violation == nil, options.heals {
      heal()
      let end = now + Self.healingMilliseconds
      while now < end, witness.violation == nil, !isSettled, step() {}
      if witness.violation == nil { finish() }
    }
    var result = Result()
    result.tally = tally
    result.tally.lit = witness.litCount
    result.tally.excused = witness.excusedCount
    result.tally.faults += centre.disk.failures
    for device in devices { result.tally.faults += device.journal.disk.failures }
    result.tally.addLoss(witness.loss)
    result.tally.compared = referee.compared
    result.trace = trace.hash
    result.violation = witness.violation
    result.events = events
    return result
  }

  /// - Returns: Whether anything was left to happen.
  private func step() -> Bool {
    guard let (time, event) = heap.pop() else { return false }
    now = max(now, time)
    centre.now = now
    events += 1
    if options.mostEvents.map({ events > $0 }) ?? false { return false }
    trace.add(UInt64(bitPattern: now))
    happen(event)
    witness.report(referee.finding)
    return true
  }

  private func happen(_ event: Event) {
    switch event {
    case .day(let day): plan(day)
    case .tap(let tap): present(tap)
    case .patienceEnds(let device, let request): patienceEnds(devices[device], request)
    case .arrives(let message): arrive(message)
    case .heard(let whisper): hear(whisper)
    case .neighboursPatienceEnds(let device, let request):
      neighboursPatienceEnds(devices[device], request)
    case .lanHeals(let canteen): healLAN(canteen)
    case .wake(let device, let generation): wake(devices[device], generation)
    case .timeout(let device, let request): timeout(devices[device], request)
    case .strike(let kind): strike(kind)
    case .linkHeals(let device): (devices[device].sendsOut, devices[device].hears) = (true, true)
    case .start(let device): if !devices[device].isUp { open(devices[device]) }
    case .centreStarts: startCentre()
    case .centrePosts: postWaiting()
    case .keep(let device): keep(devices[device])
    case .operate: operate()
    case .heal: break
    }
  }
}
