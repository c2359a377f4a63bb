import FleetSimulation
import Testing

/// A small fleet, in some seconds. `make fleet` runs a large one.
@Suite("The fleet in a bottle")
struct FleetTests {
  @Test(
    "whatever fails, no lit sale is lost and nobody is over a bound",
    arguments: 1...3 as ClosedRange<UInt64>)
  func smallWorlds(seed: UInt64) {
    let outcome = FleetRun.world(WorldOptions(seed: seed, swipes: 300))
    #expect(outcome.violation == nil)
    #expect(outcome.tally.swipes == 300)
    #expect(outcome.tally.compared > 1_000)
  }

  @Test("the same seed gives the same world, byte for byte, and another seed another one")
  func sameSeedSameTrace() {
    let options = WorldOptions(seed: 3, swipes: 150)
    let first = FleetRun.world(options)
    let second = FleetRun.world(options)
    #expect(first.trace == second.trace)
    #expect(first.events == second.events)
    #expect(FleetRun.world(WorldOptions(seed: 4, swipes: 150)).trace != first.trace)
  }

  @Test("questions beside those of a world change nothing in it")
  func drillsReachNobody() {
    var options = WorldOptions(seed: 5, swipes: 200)
    options.drillOneIn = 2
    let drilled = FleetRun.world(options)
    options.drillOneIn = 0
    let plain = FleetRun.world(options)
    #expect(drilled.violation == nil)
    #expect(drilled.trace == plain.trace)
    #expect(drilled.tally.compared > plain.tally.compared)
  }

  @Test("a run is worlds whose seeds follow one another")
  func worldsOfARun() {
    let worlds = FleetRun(seed: 7, swipes: 2 * FleetRun.swipesPerWorld + 5).worlds
    #expect(worlds.map(\.seed) == [7, 8, 9])
    #expect(worlds.map(\.swipes) == [FleetRun.swipesPerWorld, FleetRun.swipesPerWorld, 5])
  }

  #if SEEDED_BUGS
    @Test(
      "a planted bug is found",
      arguments: [
        "capIsIgnored", "headWithoutPrevious", "recordTimeFalls",
      ])
    func plantedBug(name: String) {
      #expect(FleetBugs.find(name).seed != nil)
    }
  #endif
}
