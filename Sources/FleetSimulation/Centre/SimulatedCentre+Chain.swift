import CanteenModel
import SettlementCore
import SyncProtocol

extension SimulatedCentre {
  /// The key in force behind the record from which a batch goes on, along its own branch.
  func keyInForce(
    behind claim: BatchClaim, _ file: CentreTables.TerminalFile
  ) -> Digest32 {
    let line = file.keyLine
    guard !line.rotations.isEmpty, claim.behind.sequence != .none else {
      return line.key(behind: claim.behind)
    }
    if let rotation = line.rotations.first(where: { $0.id == claim.previousHead }) {
      return rotation.next
    }
    if let fork = file.records[claim.previousHead], !fork.isAccepted { return fork.signer }
    return line.key(behind: claim.behind)
  }

  /// Takes the rotation at the end of a batch for what it is only when it is genuine and hands over a key that
  /// the terminal has there.
  ///
  /// - Returns: `nil` when a record follows it: that one was signed with a key that was handed over.
  func checkingRotation(
    _ records: [ReadRecord], _ facts: BatchFacts, _ line: KeyLine, where inForce: Digest32
  ) -> [ReadRecord]? {
    let place = records.firstIndex { read in
      if case .keyRotated = read.record?.body { true } else { false }
    }
    guard let place else { return records }
    guard place == records.count - 1 else { return nil }
    let read = records[place]
    let head = place == 0 ? facts.previousHead : records[place - 1].id
    if case .keyRotated(let rotated) = read.record?.body,
      line.mayHandOver(rotated.previous, where: inForce),
      rotated.isGenuine(of: facts.terminal, at: read.position, after: head)
    {
      return records
    }
    return records.dropLast() + [read.unread]
  }

  /// The ack of a batch that was answered before.
  func storedAck(_ facts: BatchFacts, _ file: CentreTables.TerminalFile) -> [UInt8]? {
    guard let nonce = file.byChallenge[facts.challenge], let intake = file.intakes[nonce],
      intake.batch.epoch == facts.epoch, intake.batch.first == facts.first,
      intake.batch.count == facts.count, intake.batch.head == facts.head
    else { return nil }
    return intake.ack
  }

  /// Opens the epoch of a batch when it is the next one and the batch presents a good token.
  func judgeEpoch(
    _ facts: BatchFacts, _ file: inout CentreTables.TerminalFile
  ) -> EpochStanding {
    var base: Int64?
    if let grant = file.grant, grant.openedAfter == nil, grant.epoch == facts.epoch,
      grant.token == facts.epochToken
    {
      base = file.lastIntake + 1
    }
    let standing = EpochRule.judge(
      facts.epoch, newest: file.newestEpoch,
      token: base.map { .current(ack: $0) } ?? offered(facts, file))
    guard standing == .opens else { return standing }
    file.chains.append(CentreTables.Chain(epoch: facts.epoch))
    if let base {
      file.lastIntake = base
      file.grant?.openedAfter = base
    }
    return standing
  }

  /// How the ack that offered the batch's token for the batch's epoch stands.
  private func offered(
    _ facts: BatchFacts, _ file: CentreTables.TerminalFile
  ) -> NonceStanding? {
    guard let token = facts.epochToken, facts.epoch > file.newestEpoch ?? Epoch(0) else {
      return nil
    }
    // The order does not matter: a token is one ack's.
    let intake = file.intakes.values.first {
      $0.number >= file.lastEchoed && $0.nextEpoch == facts.epoch && $0.token == token
    }
    return NonceRule.judge(offered: intake?.number, lastEchoed: file.lastEchoed)
  }

  /// What is held around the place where a batch begins.
  func held(
    along facts: BatchFacts, _ chain: CentreTables.Chain, _ file: CentreTables.TerminalFile
  ) -> HeldChain {
    let before = Int(facts.first.number) - 1
    let headBefore: Digest32? =
      before > chain.heads.count ? nil : before == 0 ? .zero : chain.heads[before - 1]
    let end = min(before + facts.count, chain.heads.count)
    var followsFork = false
    if let fork = file.records[facts.previousHead] {
      followsFork =
        !fork.isAccepted && fork.position.epoch == facts.epoch
        && fork.position.sequence.number == UInt64(before)
    }
    return HeldChain(
      last: chain.last, headBefore: headBefore,
      heads: before < end ? Array(chain.heads[before..<end]) : [], followsFork: followsFork)
  }

  /// What the ack of a batch names that begins behind records which are not held.
  func endBefore(
    gap facts: BatchFacts, _ chain: CentreTables.Chain, _ file: CentreTables.TerminalFile
  ) -> (last: SequenceNumber, head: Digest32) {
    var common = (last: chain.last, head: chain.head)
    if let fork = chain.firstFork, fork.number - 1 < chain.last.number {
      let last = SequenceNumber(fork.number - 1)
      common = (last, last == .none ? .zero : chain.heads[Int(last.number) - 1])
    }
    let wasNotTakenUp = file.intakes.values.contains {
      $0.batch.epoch == facts.epoch && $0.batch.first == facts.first
        && $0.acked.sequence.number < facts.first.number - 1
    }
    return common.last >= facts.first || wasNotTakenUp ? (.none, .zero) : common
  }

  /// What the echo of a batch says of its sender.
  func hear(
    _ facts: BatchFacts, _ verdict: ChainVerdict, _ held: SequenceNumber,
    _ tables: inout CentreTables
  ) -> NonceStanding {
    let file = tables.terminals[Int(facts.terminal.number) - 1]
    let echoed: Int64?
    if let nonce = facts.echoedNonce {
      echoed = file.intakes[nonce]?.number
    } else if let grant = file.grant, grant.epoch == facts.epoch, let base = grant.openedAfter {
      echoed = base
    } else {
      echoed = 0
    }
    let echo = NonceRule.judge(
      echoed: echoed, lastEchoed: file.lastEchoed, newest: file.lastIntake)
    var isStale = echo == .stale && (verdict != .gap || echoed != nil)
    if case .extends = verdict, NonceRule.isBehind(newest: facts.newest, held: held) {
      isStale = true
    }
    if isStale {
      tables.flags.append(CentreTables.Flag(kind: .staleCopy, terminal: facts.terminal))
    }
    return echo
  }

  /// Numbers an intake, and forgets those before the ack that the terminal now proved to have stored, as far
  /// as they brought no record.
  func nextIntake(_ file: inout CentreTables.TerminalFile, echo: NonceStanding) -> Int64 {
    if case .current(let number) = echo {
      file.lastEchoed = number
      let gone = file.idle.prefix { $0.number < number }
      for (_, nonce) in gone {
        if let intake = file.intakes.removeValue(forKey: nonce) {
          file.byChallenge[intake.batch.challenge] = nil
        }
      }
      file.idle.removeFirst(gone.count)
    }
    file.lastIntake += 1
    return file.lastIntake
  }

  /// Signs the ack of a batch and stores it.
  func acknowledge(
    _ batch: OpenedBatch, holding held: (last: SequenceNumber, head: Digest32), number: Int64,
    added: Int, _ tables: inout CentreTables
  ) -> [UInt8] {
    let facts = batch.facts
    let index = Int(facts.terminal.number) - 1
    let ack = AckFacts(
      terminal: facts.terminal,
      position: JournalPosition(epoch: facts.epoch, sequence: held.last), head: held.head,
      nonce: dice.digest(), challenge: facts.challenge, timeMilliseconds: now,
      nextSize: nextSize,
      nextEpoch: EpochRule.next(after: tables.terminals[index].newestEpoch ?? facts.epoch),
      epochToken: dice.digest())
    guard let bytes = try? AckCodec.seal(ack, key: key) else {  // only a broken key cannot sign
      preconditionFailure("the centre's key signs")
    }
    tables.terminals[index].intakes[ack.nonce] = CentreTables.Intake(
      number: number, batch: facts, ack: bytes, acked: ack.position, ackedHead: ack.head,
      nextEpoch: ack.nextEpoch, token: ack.epochToken, added: added)
    tables.terminals[index].byChallenge[facts.challenge] = ack.nonce
    if added == 0 { tables.terminals[index].idle.append((number, ack.nonce)) }
    return bytes
  }
}
