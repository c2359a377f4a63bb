import CanteenModel
import SeededRandom
import SettlementCore
import SyncProtocol

/// What the centre says to a batch.
enum CentreAnswer {
  case acknowledged([UInt8])
  /// Nothing of it was taken.
  case refused
  /// The machine is off.
  case powerLost
}

/// The centre: the rules of `SettlementCore`, called as `SettlementStore` calls them, on tables of values.
///
/// What stands here and not in the core is what the books do in SQL. `FleetDifferentialTests` holds the two
/// together. Funding, a quarter's and a year's end, and banks have their place in ``fund(_:_:)``: they are
/// postings, and the checkers only ask that legs sum to zero.
final class SimulatedCentre {
  var disk: SimulatedDisk<CentreTables>
  let key: SigningKey
  var dice: SplitMix64
  /// The centre's own clock, which the acks sign.
  var now: Int64 = 0
  let nextSize: Int
  /// How many rows a page of the feed has.
  let rowsPerPage: Int
  /// Whether records of accepted branches wait for ``postWaiting()``.
  var postsLater: Bool
  var isUp = true
  /// What the last request was granted, for the checkers.
  var lastGrant: (id: HoldID, account: AccountID, amount: Fen)?
  /// What becomes of the commit of the next batch.
  var fate = SimulatedDisk<CentreTables>.Fate.synced

  init(
    key: SigningKey, dice: SplitMix64, nextSize: Int, rowsPerPage: Int = 64,
    postsLater: Bool = false
  ) {
    self.key = key
    self.dice = dice
    self.nextSize = nextSize
    self.rowsPerPage = rowsPerPage
    self.postsLater = postsLater
    disk = SimulatedDisk(CentreTables())
  }

  var tables: CentreTables { disk.content }

  /// Takes a batch: records, posts and acknowledges it in one transaction.
  func take(batch bytes: [UInt8]) -> CentreAnswer {
    guard let claim = try? BatchCodec.claim(of: bytes),  // what cannot be read is refused
      claim.terminal.number >= 1, Int(claim.terminal.number) <= disk.content.terminals.count
    else { return refuse(nil) }
    let index = Int(claim.terminal.number) - 1
    let line = disk.content.terminals[index].keyLine
    guard let signer = signer(of: claim, in: line),
      let batch = try? BatchCodec.open(bytes, key: signer)  // what is not genuine is refused
    else { return refuse(claim.terminal) }
    let records = ReadRecord.all(of: batch)
    (disk.next, fate) = (fate, .synced)
    let result = disk.commit(sectors: 2 + bytes.count / 512) { tables in
      judge(batch, claim, signer, records, &tables)
    }
    #if SEEDED_BUGS
      if SeededFleetBug.planted == .ackBeforeCommit { return result.value }
    #endif
    switch result.end {
    case .durable: return result.value
    case .failed: return .refused
    case .powerLost: return .powerLost
    }
  }

  private func refuse(_ terminal: TerminalID?) -> CentreAnswer {
    .refused
  }

  /// The key that signed a batch, if the terminal has or had it. A centre that was restored from a backup
  /// would look at the batch's handovers, too; restoring is not simulated.
  private func signer(of claim: BatchClaim, in line: KeyLine) -> VerifyingKey? {
    var keys = [line.current]
    for rotation in line.rotations { keys += [rotation.previous, rotation.next] }
    for digest in keys {
      // try?: 32 bytes that are no key have signed nothing.
      guard let key = try? VerifyingKey(rawBytes: digest.bytes), key.keyID == claim.keyID else {
        continue
      }
      return key
    }
    return nil
  }

  private func judge(
    _ batch: OpenedBatch, _ claim: BatchClaim, _ signer: VerifyingKey,
    _ records: [ReadRecord], _ tables: inout CentreTables
  ) -> CentreAnswer {
    let facts = batch.facts
    let index = Int(facts.terminal.number) - 1
    let inForce = keyInForce(behind: claim, tables.terminals[index])
    let line = tables.terminals[index].keyLine
    guard line.mayBeSigned(by: signer.digest, where: inForce) else {
      tables.flags.append(CentreTables.Flag(kind: .retiredKey, terminal: facts.terminal))
      return .refused
    }
    guard let records = checkingRotation(records, facts, line, where: inForce) else {
      return .refused
    }
    if let stored = storedAck(facts, tables.terminals[index]) { return .acknowledged(stored) }
    if judgeEpoch(facts, &tables.terminals[index]) == .unknown {
      tables.flags.append(CentreTables.Flag(kind: .unknownEpoch, terminal: facts.terminal))
      return .refused
    }
    guard let chain = tables.terminals[index].chain(facts.epoch) else {
      preconditionFailure("an epoch that is open has a chain")
    }
    let last = tables.terminals[index].chains[chain].last
    let verdict = ChainIntake.judge(
      facts, heads: batch.heads,
      held: held(
        along: facts, tables.terminals[index].chains[chain], tables.terminals[index]))
    var position = (last: facts.last, head: facts.head)
    switch verdict {
    case .extends: break
    case .gap:
      tables.flags.append(CentreTables.Flag(kind: .gap, terminal: facts.terminal))
      position = endBefore(
        gap: facts, tables.terminals[index].chains[chain], tables.terminals[index])
    case .fork:
      tables.flags.append(CentreTables.Flag(kind: .fork, terminal: facts.terminal))
    }
    let echo = hear(facts, verdict, last, &tables)
    let number = nextIntake(&tables.terminals[index], echo: echo)
    let added = keep(records, verdict, facts, signer.digest, chain: chain, &tables)
    return .acknowledged(
      acknowledge(batch, holding: position, number: number, added: added, &tables))
  }
}
