import CanteenModel
import Laboratory
import Readers
import Testing
import VirtualReaders
import VirtualTime

@Suite("loose cables") struct LooseCableTests {
  private static let port = "1-2"

  @Test(
    "a cable that comes out again and again parks no reader, however the host says it",
    arguments: ["omnikey5022", "fm430-pos"],
    VirtualDevice.Farewell.allCases)
  func pulling(_ name: String, _ farewell: VirtualDevice.Farewell) throws {
    let specimen = try VirtualBus.specimen(named: name)
    let (events, word) = VirtualCounter.run(plan: specimen.plan(port: Self.port)) { counter in
      for _ in 0..<20 {
        let device = counter.bus.plug(specimen.make(), port: Self.port)
        device.setFarewell(farewell)
        await counter.pass(.seconds(3))
        counter.bus.unplug(port: Self.port)
        await counter.pass(.seconds(3))
      }
      counter.bus.plug(specimen.make(), port: Self.port)
      await counter.pass(.seconds(3))
      return (counter.events, await counter.supervisor.states().first?.word)
    }
    #expect(word == "ready")
    let parked = events.filter {
      if case .away(_, .parked) = $0 { return true }
      return false
    }
    #expect(parked.isEmpty)
  }
}
