import CanteenModel
import Readers
package import VirtualReaders
import VirtualTime

/// Every transfer of a reader's session is a place where somebody may trip over the cable: the session is
/// played once for each, and the cable pulled there.
package struct UnplugEverywhere: Sendable {
  /// What came of it.
  package struct Report: Sendable {
    /// Transfers of the session without an accident: each is a place.
    package var transfers = 0
    /// Sessions that were played.
    package var sessions = 0
    /// In words, what was lost, invented, or did not come back.
    package var findings: [String] = []
  }

  private struct Outcome: Sendable {
    var transfers = 0
    var presented: [Evidence] = []
    var isReadyAgain = false
  }

  private let specimen: Specimen
  private static let port = "1-2"

  private init(_ specimen: Specimen) {
    self.specimen = specimen
  }

  /// Pulls a specimen's cable before and after each transfer, with both ways in which a kernel says it.
  package static func run(_ specimen: Specimen) -> Report {
    let experiment = Self(specimen)
    let calm = experiment.session()
    var report = Report(transfers: calm.transfers, sessions: 1)
    let expected = specimen.showings.map(\.evidence)
    if calm.presented != expected || !calm.isReadyAgain {
      report.findings.append("without an accident: \(calm.presented)")
    }
    for number in 1...max(1, calm.transfers) {
      for when in VirtualDevice.HangUp.allCases {
        for farewell in VirtualDevice.Farewell.allCases {
          let outcome = experiment.session(goingAt: number, when, farewell)
          let place = "transfer \(number) of \(calm.transfers), \(when), \(farewell)"
          report.sessions += 1
          if !outcome.isReadyAgain { report.findings.append("\(place): not ready again") }
          // The first may have been cut off; the second was shown in peace.
          let early = Array(outcome.presented.dropLast())
          if outcome.presented.last != expected[1] || !(early.isEmpty || early == [expected[0]]) {
            report.findings.append("\(place): presented \(outcome.presented)")
          }
        }
      }
    }
    return report
  }

  /// From plug to plug: something is shown, lit, taken away; the cable is pulled and put back, and
  /// something else is shown.
  private func session(
    goingAt transfer: Int? = nil, _ when: VirtualDevice.HangUp = .beforeTransfer,
    _ farewell: VirtualDevice.Farewell = .deviceGone
  ) -> Outcome {
    VirtualCounter.run(plan: specimen.plan(port: Self.port)) { counter in
      var outcome = Outcome()
      let first = counter.bus.plug(specimen.make(), port: Self.port)
      first.setFarewell(farewell)
      if let transfer { first.hangUp(atTransfer: transfer, when) }
      await counter.supervisor.seek(true, lane: LaneID(1))
      await counter.pass(.seconds(3))
      first.show(specimen.showings[0])
      await counter.pass(.seconds(1))
      _ = await counter.supervisor.signal(.approved, on: ReaderID(port: Self.port))
      await counter.pass(.milliseconds(300))
      first.takeAway()
      await counter.pass(.seconds(1))
      outcome.transfers = first.transfers
      counter.bus.unplug(port: Self.port)
      await counter.pass(.milliseconds(200))
      let second = counter.bus.plug(specimen.make(), port: Self.port)
      await counter.pass(.seconds(3))
      second.show(specimen.showings[1])
      await counter.pass(.seconds(1))
      outcome.presented = counter.presented.map(\.withoutSymbology)
      outcome.isReadyAgain = await counter.supervisor.states().allSatisfy { $0.word == "ready" }
      return outcome
    }
  }
}
