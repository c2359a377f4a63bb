import CanteenModel
import Testing

@testable import Readers

@Suite struct ReaderPlanTests {
  private static let path = "pci-0000:00:14.0-usb-0:2"

  private func plan() throws -> ReaderPlan {
    try ReaderPlan(
      places: [
        ReaderPlan.Place(socket: Self.path, lane: LaneID(2), role: .card),
        ReaderPlan.Place(socket: "1-3", lane: LaneID(2), role: .scanner),
      ])
  }

  @Test("a socket is known by its path, whatever the bus is called, and by its port")
  func sockets() throws {
    let plan = try plan()
    #expect(plan.lane(ofRole: .card, port: "4-2", path: Self.path) == .success(LaneID(2)))
    #expect(plan.lane(ofRole: .scanner, port: "1-3", path: nil) == .success(LaneID(2)))
  }

  @Test("another kind of reader, or a socket that is not named, serves no lane")
  func elsewhere() throws {
    let plan = try plan()
    #expect(
      plan.lane(ofRole: .face, port: "1-3", path: nil)
        == .failure(Misplacement("the settings expect a scanner at this socket")))
    #expect(
      plan.lane(ofRole: .card, port: "1-4", path: "x")
        == .failure(Misplacement("no lane: canteen.readers does not name x")))
    #expect(ReaderPlan.oneLane.lane(ofRole: .card, port: "1-4", path: nil) == .success(LaneID(1)))
  }

  @Test("a socket has one role, and a lane one reader of a role")
  func contradictions() {
    let card = ReaderPlan.Place(socket: "1-2", lane: LaneID(1), role: .card)
    #expect(throws: ReaderPlan.Contradiction.socketTwice("1-2")) {
      try ReaderPlan(
        places: [card, ReaderPlan.Place(socket: "1-2", lane: LaneID(2), role: .face)])
    }
    #expect(throws: ReaderPlan.Contradiction.roleTwice(LaneID(1), .card)) {
      try ReaderPlan(
        places: [card, ReaderPlan.Place(socket: "1-3", lane: LaneID(1), role: .card)])
    }
  }

  @Test("eight failures in ten minutes are cured, the ninth parks, and only a person unparks")
  func recoveries() {
    var budget = RecoveryBudget()
    let cured = (0..<8).map { second in budget.spend(at: .seconds(second)) }
    #expect(cured.allSatisfy { $0 })
    // Back from a reset of ours: nothing is forgiven.
    budget.noteArrival()
    let isParked = !budget.spend(at: .milliseconds(599_999))
    #expect(isParked)
    budget.noteArrival()
    let isForgiven = budget.spend(at: .milliseconds(599_999))
    #expect(isForgiven)
  }

  @Test("a failure of ten minutes ago does not count")
  func window() {
    var budget = RecoveryBudget()
    for second in 0..<8 { _ = budget.spend(at: .seconds(second)) }
    let (first, second) = (budget.spend(at: .seconds(600)), budget.spend(at: .seconds(600)))
    #expect(first && !second)
  }
}
