import CanteenModel
import Foundation
import SettlementCore
import Testing

@Suite struct QuarterTests {
  @Test("a quarter is written 2026Q1, and nothing else is one")
  func text() throws {
    #expect(try #require(Quarter("2026Q1")).description == "2026Q1")
    for text in ["2026Q5", "2026Q0", "26Q1", "2026q1", "2026Q1 ", "+026Q1", "2026-1", ""] {
      #expect(Quarter(text) == nil, "\(text)")
    }
    #expect(try #require(Quarter("2026Q1")) < (try #require(Quarter("2026Q2"))))
  }

  @Test("every day of 40 years lies in its quarter, and quarters follow one another without a gap")
  func days() throws {
    var quarter = try #require(Quarter("2000Q1"))
    var day = quarter.firstDay
    #expect(CivilDate(day: day).description == "2000-01-01")
    for _ in 0..<160 {
      #expect(quarter.firstDay == day)
      while day <= quarter.lastDay {
        #expect(Quarter(of: day) == quarter)
        day += 1
      }
      #expect(quarter.next.previous == quarter)
      quarter = quarter.next
    }
    #expect(CivilDate(day: day).description == "2040-01-01")
  }

  @Test("a weekend is free and a holiday is, but not a weekend day that is worked off")
  func working() throws {
    let saturday = try #require(CivilDate("2026-10-10")).day
    let calendar = WorkingDays()
    #expect(!calendar.isWorked(saturday) && !calendar.isWorked(saturday + 1))
    #expect(calendar.firstWorked(from: saturday) == saturday + 2)
    let moved = WorkingDays(exceptions: [saturday + 2, saturday])
    #expect(moved.isWorked(saturday) && !moved.isWorked(saturday + 2))
    #expect(moved.firstWorked(from: saturday + 1) == saturday + 3)
  }

  @Test("the deadline is the 10th, or the next working day, as the policy says (S6, C9)")
  func deadline() throws {
    let quarter = try #require(Quarter("2026Q4"))
    func policy(_ rolls: Bool) -> ProgrammePolicy {
      ProgrammePolicy(
        version: 1, legalBasis: "x", effectiveFromDay: 0, funding: .init(rollsToWorkingDay: rolls))
    }
    let tenth = try #require(CivilDate("2026-10-10")).day
    #expect(policy(false).fundingDeadline(of: quarter, WorkingDays()) == tenth)
    #expect(policy(true).fundingDeadline(of: quarter, WorkingDays()) == tenth + 2)
  }

  @Test(
    "the fee is half a percent, half up to a fen, and the same below zero (S19, C7)",
    arguments: [
      (0, 0), (99, 0), (100, 1), (300, 2), (10_000, 50), (10_099, 50), (10_100, 51), (-10_100, -51),
    ])
  func fee(base: Int64, fee: Int64) throws {
    let policy = ProgrammePolicy(version: 1, legalBasis: "x", effectiveFromDay: 0)
    #expect(try policy.fee(of: Fen(base)) == Fen(fee))
  }

  @Test("one person is not two, and nobody is nobody")
  func people() {
    #expect(TwoPeople(proposer: "a", approver: "a") == nil)
    #expect(TwoPeople(proposer: "", approver: "a") == nil)
    #expect(TwoPeople(proposer: "a", approver: "b") != nil)
    let forged = Data(#"{"proposer": "a", "approver": "a"}"#.utf8)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(TwoPeople.self, from: forged) }
    #if SEEDED_BUGS
      SeededOfficeBug.$planted.withValue(.onePersonIsTwo) {
        #expect(TwoPeople(proposer: "a", approver: "a") != nil, "the bug that the lines above find")
      }
    #endif
  }
}
