import CanteenModel
import Laboratory
import Testing
import USBTransport
import VirtualReaders
import VirtualTime

@testable import Readers

/// A reader, and two things that it can be shown.
struct Scene: Sendable, CustomTestStringConvertible {
  let specimen: Specimen
  let showings: [Showing]
  /// As what they are presented; what a scanner says of a code's kind is left out.
  let evidence: [Evidence]

  var testDescription: String { specimen.name }

  static let port = "1-2"
  static let all = Specimen.usable.map(Scene.init)

  init(_ specimen: Specimen) {
    self.specimen = specimen
    showings = specimen.showings
    evidence =
      switch specimen.kind {
      case .card:
        [
          .card(serial: [4, 1, 2, 3, 4, 5, 6], kind: .desfire),
          .card(serial: [1, 2, 3, 4], kind: .classic),
        ]
      case .scanner:
        ["first-code", "second-code"].map {
          .code(ScannedCode(bytes: Array($0.utf8), symbology: nil))
        }
      case .face: [.face(user: 5), .face(user: 6)]
      }
  }

  static func named(_ evidence: Evidence) -> Evidence {
    guard case .code(let code) = evidence else { return evidence }
    return .code(ScannedCode(bytes: code.bytes, symbology: nil))
  }
}

/// Every transfer of a session is a place where somebody may trip over the cable.
@Suite struct UnplugEverywhereTests {
  private struct Outcome: Sendable {
    var transfers = 0
    var presented: [Evidence] = []
    var isReadyAgain = false
  }

  /// A session from plug to plug: something is shown, lit, taken away; the cable is pulled and put back,
  /// and something else is shown.
  private static func session(
    _ scene: Scene, goingAt transfer: Int? = nil, _ when: VirtualDevice.HangUp = .beforeTransfer,
    _ farewell: VirtualDevice.Farewell = .deviceGone
  ) -> Outcome {
    VirtualCounter.run(plan: scene.specimen.plan(port: Scene.port)) { counter in
      var outcome = Outcome()
      let first = counter.host.plug(scene.specimen.make(), port: Scene.port)
      first.setFarewell(farewell)
      if let transfer { first.hangUp(atTransfer: transfer, when) }
      await counter.supervisor.seek(true, lane: LaneID(1))
      await counter.pass(.seconds(3))
      first.show(scene.showings[0])
      await counter.pass(.seconds(1))
      _ = await counter.supervisor.signal(.approved, on: ReaderID(port: Scene.port))
      await counter.pass(.milliseconds(300))
      first.takeAway()
      await counter.pass(.seconds(1))
      outcome.transfers = first.transfers
      counter.host.unplug(port: Scene.port)
      await counter.pass(.milliseconds(200))
      let second = counter.host.plug(scene.specimen.make(), port: Scene.port)
      await counter.pass(.seconds(3))
      second.show(scene.showings[1])
      await counter.pass(.seconds(1))
      outcome.presented = counter.presented.map(Scene.named)
      outcome.isReadyAgain = await counter.supervisor.states().allSatisfy { $0.word == "ready" }
      return outcome
    }
  }

  @Test("a session without an accident presents what was shown, once", arguments: Scene.all)
  func calm(scene: Scene) {
    let outcome = Self.session(scene)
    #expect(outcome.presented == scene.evidence)
    #expect(outcome.isReadyAgain)
    #expect(outcome.transfers > 3)
  }

  @Test(
    "an unplug at any transfer of a session loses nothing, invents nothing, and is recovered from",
    arguments: Scene.all)
  func everywhere(scene: Scene) {
    let transfers = Self.session(scene).transfers
    for number in 1...transfers {
      for when in VirtualDevice.HangUp.allCases {
        for farewell in VirtualDevice.Farewell.allCases {
          let outcome = Self.session(scene, goingAt: number, when, farewell)
          let place =
            "\(scene.specimen.name): transfer \(number) of \(transfers), \(when), \(farewell)"
          #expect(outcome.isReadyAgain, "\(place)")
          #expect(outcome.presented.last == scene.evidence[1], "\(place)")
          let early = outcome.presented.dropLast()
          #expect(early.isEmpty || Array(early) == [scene.evidence[0]], "\(place)")
        }
      }
    }
  }
}
