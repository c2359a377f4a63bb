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

  @Test("what was only the cable being pulled does not count")
  func pulling() {
    var budget = RecoveryBudget()
    for second in 0..<20 {
      let isCured = budget.spend(at: .seconds(second))
      #expect(isCured)
      budget.forgive()
    }
  }

  @Test("a failure of ten minutes ago does not count")
  func window() {
    var budget = RecoveryBudget()
    for second in 0..<8 { _ = budget.spend(at: .seconds(second)) }
    let (first, second) = (budget.spend(at: .seconds(600)), budget.spend(at: .seconds(600)))
    #expect(first && !second)
  }

  @Test("a place is read with all that is said of its device")
  func places() throws {
    #expect(
      try ReaderPlan.Place("1 card 1-2")
        == ReaderPlan.Place(socket: "1-2", lane: LaneID(1), role: .card))
    let scanner = try ReaderPlan.Place(
      "2 scanner \(Self.path) suffix=tab keyboard=de symbologies=]Q,]d baud=9600")
    #expect(scanner.socket == Self.path && scanner.lane == LaneID(2))
    #expect(scanner.scanner.suffix == .tab && scanner.scanner.keyboard.name == "de")
    #expect(scanner.scanner.symbologies == ["]Q", "]d"] && scanner.scanner.baud == 9600)
    let face = try ReaderPlan.Place("65535 face 3-1.4 family=fm22x encrypted=yes baud=9600")
    #expect(face.face == FaceSettings(family: .fm22x, baud: 9600, isEncrypted: true))
    let all = try ReaderPlan.Place("1 scanner 1-2 symbologies=all")
    #expect(all.scanner.symbologies.isEmpty)
  }

  @Test(
    "what is no place is refused with what may be said",
    arguments: [
      ("", "has lane, role"), ("1 card", "has lane, role"), ("0 card 1-2", "has lane, role"),
      ("65536 card 1-2", "has lane, role"), ("1 printer 1-2", "has lane, role"),
      ("1 card 1-2 suffix=tab", "says nothing more of a card reader"),
      ("1 scanner 1-2 suffix=bell", "suffix=newline|"), ("1 scanner 1-2 baud=0", "baud=9600"),
      ("1 scanner 1-2 symbologies=Q", "symbologies=all"), ("1 scanner 1-2 tab", "not tab"),
      ("1 face 1-2 family=other", "family=fm22x|tx510"), ("1 face 1-2 encrypted=1", "yes|no"),
      ("1 face 1-2 suffix=tab", "family=fm22x|tx510"),
    ])
  func noPlaces(text: String, words: String) throws {
    let error = try #require(throws: ReaderPlan.Place.Malformed.self) {
      try ReaderPlan.Place(text)
    }
    #expect(error.description.contains(words), "\(error)")
  }
}
