import ArgumentParser
import CanteenModel
import LocalAPI

/// One screen; the first line answers whether the terminal sells.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show whether the terminal sells, and what to do next.",
    discussion: "Example: canteenctl status --json | jq .outbox.records")

  @OptionGroup var connection: Connection

  func run() async throws {
    let status = try await asking { () throws(ControlError) in
      try await connection.terminal.status()
    }
    if connection.json { return try Output.json(status) }
    StatusScreen(status).lines.forEach { print($0) }
  }
}

/// The status as a screen of text.
struct StatusScreen {
  private let status: TerminalStatus

  init(_ status: TerminalStatus) {
    self.status = status
  }

  var lines: [String] {
    [headline]
      + status.lanes.map(lane)
      + [readers, today, outbox, clock] + [group, mirror, check, salvage].compactMap { $0 }
      + (next.map { ["next      " + $0] } ?? [])
  }

  private var headline: String {
    let meal = status.meal.map {
      "\($0.name) \(Output.minute($0.startMinute))-\(Output.minute($0.endMinute)) · \($0.price)"
    }
    let parts = [
      "\(status.closedBecause == nil ? "SELLING  " : "CLOSED   ") \(status.canteen)",
      "terminal \(status.terminal)", meal ?? "no meal now", time(status.nowMilliseconds),
    ]
    return parts.joined(separator: " · ")
  }

  private func lane(_ lane: TerminalStatus.LaneStatus) -> String {
    let armed = lane.armed.map { " \($0), waiting for a card" } ?? ""
    let last = lane.lastResult.map { "   last: \($0)" } ?? ""
    return "lane \(lane.number)    \(lane.mode) \(lane.state)\(armed)\(last)"
  }

  private var readers: String {
    guard !status.readers.isEmpty else { return "readers   none plugged in" }
    let texts = status.readers.map { reader in
      let mark = reader.state == "ready" ? "✓" : "✗"
      return
        "\(mark) \(reader.model) (\(reader.reader))\(reader.state == "ready" ? "" : " " + reader.state)"
    }
    return "readers   " + texts.joined(separator: "   ")
  }

  private var today: String {
    let today = status.today
    return
      "today     \(today.approved) approved \(today.approvedTotal)   \(today.declined) declined"
      + (today.corrected > 0 ? "   \(today.corrected) corrected \(today.correctedTotal)" : "")
      + "   shown twice without charge: \(today.shownAgain)"
  }

  private var outbox: String {
    let outbox = status.outbox
    var text = "outbox    \(outbox.records) records \(outbox.total)"
    if outbox.brake != "free" { text += " (\(outbox.brake))" }
    if let age = outbox.oldestAgeMilliseconds { text += ", oldest \(Output.duration(age))" }
    if let at = outbox.acknowledgedAtMilliseconds {
      text += ", last ack \(time(at)) (seq \(outbox.acknowledged.sequence))"
    } else {
      text += ", never acknowledged"
    }
    if let fault = outbox.fault { text += "   link down: \(fault)" }
    if outbox.fault != nil, let rest = outbox.nextTryInMilliseconds {
      text += ", next try in \(Output.duration(rest))"
    }
    return text
  }

  private var clock: String {
    let clock = status.clock
    return clock.isTrusted
      ? "clock     trusted"
      : "clock     not believed: records bear \(time(clock.recordMilliseconds))"
  }

  private var group: String? {
    guard let group = status.group else { return nil }
    let neighbours = group.neighbours.map { neighbour in
      neighbour.answersSinceMilliseconds.map { "✓ \(neighbour.terminal) since \(time($0))" }
        ?? "✗ \(neighbour.terminal)"
    }
    return
      "group     \(group.answering) of \(group.neighbours.count) neighbours answer (\(group.rule)): "
      + neighbours.joined(separator: "   ")
      + "   cap \(group.cap) \(group.isGroup ? "as a group" : "alone")"
  }

  private var mirror: String? {
    guard let mirror = status.mirror else { return nil }
    var text = "mirror    "
    if let fault = mirror.fault {
      text += "not written: \(fault)"
    } else {
      text += mirror.missing == 0 ? "has every record" : "is being written"
      if let missing = mirror.missing, missing > 0 { text += ", \(missing) to go" }
    }
    if mirror.isOnSameDisk { text += "   on the ledger's own disk: it breaks with it" }
    if let aside = mirror.aside { text += "   another ledger's was put aside: keep \(aside)" }
    return text
  }

  private var check: String? {
    guard let check = status.check else { return nil }
    let report = check.report
    let parts = ["checked   \(time(check.atMilliseconds))", "\(report.records) records"]
    let findings = report.findings.first.map { "DOES NOT FIT: \($0) (canteenctl journal --verify)" }
    return parts.joined(separator: ", ") + (findings.map { "   \($0)" } ?? ", all fits")
  }

  private var salvage: String? {
    guard let salvage = status.salvage else { return nil }
    let missing = salvage.missing.map { "\($0)" } ?? "an unknown number"
    return "salvaged  \(salvage.kept) records from a damaged ledger"
      + (salvage.isSettled ? ", settled" : ", not yet settled")
      + (salvage.missing == 0 ? "" : "; \(missing) could not be read")
      + "   keep \(salvage.file), then move it away"
  }

  /// The one thing to do next; `nil` when all is well.
  private var next: String? {
    if let reason = status.closedBecause { return reason }
    if let reader = status.readers.first(where: { $0.state != "ready" }), let reason = reader.reason
    {
      return "reader at \(reader.reader): \(reason)"
    }
    switch status.outbox.brake {
    case "braked": return "settle: until then each person buys one standard meal a period, no more"
    case "warning": return "settle soon: half of what may wait for the centre is reached"
    default: break
    }
    if status.check?.report.findings.isEmpty == false {
      return "call whoever looks after the terminal: its ledger does not fit together"
    }
    if status.mirror?.fault != nil {
      return "put the second medium back, or take canteen.mirrorDirectory out of the settings"
    }
    if !status.clock.isTrusted {
      return "set the clock, or bring the network back: the centre knows the time"
    }
    return nil
  }

  private func time(_ wallMilliseconds: Int64) -> String {
    Output.timeOfDay(wallMilliseconds, utcOffsetMinutes: status.utcOffsetMinutes)
  }
}
