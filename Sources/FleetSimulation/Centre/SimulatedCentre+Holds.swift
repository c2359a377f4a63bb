import CanteenModel
import SettlementCore
import SyncProtocol

extension SimulatedCentre {
  /// Sets an amount of an account aside for a terminal, or says why not; `nil` when the request is not
  /// believed or nothing is on disk.
  func hold(asked bytes: [UInt8], by terminal: TerminalID) -> [UInt8]? {
    let index = Int(terminal.number) - 1
    var request: HoldRequest?
    for digest in tables.terminals[index].keyLine.requestKeys where request == nil {
      // try?: what is not genuine is refused.
      guard let key = try? VerifyingKey(rawBytes: digest.bytes) else { continue }
      // try?: nor is this.
      request = try? HoldCodec.open(request: bytes, key: key)
    }
    guard let request, request.terminal == terminal else { return nil }
    lastGrant = nil
    if let stored = tables.terminals[index].holds[request.id] {
      if stored.closed == .record {
        return seal(.refused(.released), request, row(of: request.account, for: request))
      }
      guard stored.challenge == request.challenge, stored.account == request.account else {
        return nil
      }
      return stored.answer
    }
    let row = row(of: request.account, for: request)
    let verdict: HoldAnswer.Verdict
    if let row {
      do throws(MoneyError) {
        verdict = HoldRule.judge(
          request, status: row.status,
          free: try HoldRule.free(
            of: tables.accounts[Int(request.account.number) - 1].tranches, on: localDay,
            held: held(of: request.account), asked: request, includes: row.includes))
      } catch {
        preconditionFailure("amounts of a world sum")
      }
    } else {
      verdict = .refused(.unknownAccount)
    }
    guard let answer = seal(verdict, request, row) else { return nil }
    var granted = Fen.zero
    if case .granted(let amount) = verdict { granted = amount }
    let (_, end) = disk.commit { tables in
      tables.terminals[index].holds[request.id] = CentreTables.Hold(
        account: request.account, asked: request.asked, granted: granted,
        closed: granted > .zero ? nil : .refused, challenge: request.challenge, answer: answer)
    }
    if granted > .zero { lastGrant = (request.id, request.account, granted) }
    return end == .durable ? answer : nil
  }

  private func seal(
    _ verdict: HoldAnswer.Verdict, _ request: HoldRequest, _ row: AccountSnapshot?
  ) -> [UInt8]? {
    // try?: an answer of a world fits.
    try? HoldCodec.seal(
      HoldAnswer(
        terminal: request.terminal, id: request.id, verdict: verdict, account: row,
        challenge: request.challenge, timeMilliseconds: now), key: key)
  }

  private var localDay: Int32 {
    let offset = tables.rulebooks.last?.rulebook.utcOffsetMinutes ?? 480
    return Int32(clamping: (now / 60_000 + Int64(offset)) / 1440)
  }

  /// What is set aside of an account, for whatever terminal.
  func held(of account: AccountID) -> Fen {
    var sum: Int64 = 0
    for file in tables.terminals {
      // A sum does not ask for the order.
      for hold in file.holds.values where hold.account == account && hold.closed == nil {
        sum += hold.granted.value - hold.used.value
      }
    }
    #if SEEDED_BUGS
      if SeededFleetBug.planted == .holdsForgotten { sum = 0 }
    #endif
    return Fen(sum)
  }

  /// Moves the holds that a new record names.
  func moveHolds(
    by read: ReadRecord, of terminal: TerminalID, _ tables: inout CentreTables
  ) {
    let index = Int(terminal.number) - 1
    switch read.record?.body {
    case .sale(let sale):
      for spend in sale.holds {
        guard var hold = tables.terminals[index].holds[spend.hold], hold.closed == nil,
          hold.account == sale.account
        else {
          tables.flags.append(CentreTables.Flag(kind: .holdExceeded, terminal: terminal))
          continue
        }
        let part = min(spend.amount.value, hold.granted.value - hold.used.value)
        if part < spend.amount.value {
          tables.flags.append(CentreTables.Flag(kind: .holdExceeded, terminal: terminal))
        }
        hold.used = Fen(hold.used.value + part)
        if hold.used == hold.granted { hold.closed = .used }
        tables.terminals[index].holds[spend.hold] = hold
      }
    case .holdReleased(let released):
      #if SEEDED_BUGS
        if SeededFleetBug.planted == .releaseIsIgnored { return }
      #endif
      var hold =
        tables.terminals[index].holds[released.hold]
        ?? CentreTables.Hold(
          account: released.account ?? AccountID(0), asked: .zero, granted: .zero,
          challenge: nil, answer: [])
      if hold.closed == nil { hold.closed = .record }
      tables.terminals[index].holds[released.hold] = hold
    case .epochOpened, .decline, .correction, .dayClosed, .keyRotated, nil: break
    }
  }
}
