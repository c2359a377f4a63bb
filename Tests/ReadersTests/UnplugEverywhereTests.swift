import CanteenModel
import Testing
import USBTransport
import VirtualReaders
import VirtualTime

@testable import Readers

/// Something that a reader can be shown, and the reader.
struct Scene: Sendable, CustomTestStringConvertible {
  let name: String
  let plan: ReaderPlan
  let plug: @Sendable (VirtualHost) -> VirtualDevice
  /// Shows the first or the second thing.
  let show: @Sendable (VirtualDevice, Int) -> Void
  let takeAway: @Sendable (VirtualDevice) -> Void
  let evidence: [Evidence]

  var testDescription: String { name }

  static let port = "1-2"
  static let all = cards

  private static let cards = [
    ReaderHardware.acr122u, .omnikey5022, .acr1252u, .withoutInterrupt,
  ].map { hardware in
    Scene(
      name: hardware.name, plan: .oneLane,
      plug: { $0.plug(CCIDReaderModel(hardware: hardware), port: port) },
      show: { device, number in
        let card = VirtualCard(
          kind: number == 0 ? .desfire : .classic1K, serial: serials[number])
        device.act(on: CCIDReaderModel.self) { $0.place(card) }
      },
      takeAway: { device in device.act(on: CCIDReaderModel.self) { $0.take() } },
      evidence: [
        .card(serial: serials[0], kind: .desfire), .card(serial: serials[1], kind: .classic),
      ])
  }

  private static let serials: [[UInt8]] = [[4, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4]]
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
    VirtualCounter.run(plan: scene.plan) { counter in
      var outcome = Outcome()
      let first = scene.plug(counter.host)
      first.setFarewell(farewell)
      if let transfer { first.hangUp(atTransfer: transfer, when) }
      await counter.pass(.seconds(3))
      scene.show(first, 0)
      await counter.pass(.seconds(1))
      _ = await counter.supervisor.signal(.approved, on: ReaderID(port: Scene.port))
      await counter.pass(.milliseconds(300))
      scene.takeAway(first)
      await counter.pass(.seconds(1))
      outcome.transfers = first.transfers
      counter.host.unplug(port: Scene.port)
      await counter.pass(.milliseconds(200))
      let second = scene.plug(counter.host)
      await counter.pass(.seconds(3))
      scene.show(second, 1)
      await counter.pass(.seconds(1))
      outcome.presented = counter.presented
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
          let place = "\(scene.name): transfer \(number) of \(transfers), \(when), \(farewell)"
          #expect(outcome.isReadyAgain, "\(place)")
          #expect(outcome.presented.last == scene.evidence[1], "\(place)")
          let early = outcome.presented.dropLast()
          #expect(early.isEmpty || Array(early) == [scene.evidence[0]], "\(place)")
        }
      }
    }
  }
}
