import CanteenModel
import SettlementCore

/// What a simulated city is made of. Everything else of it follows from these numbers: who belongs where, who pays late,
/// which terminal is cut off when.
package struct CityPlan: Sendable {
  package let units: Int
  package let people: Int
  /// Presentations in the year.
  package let swipes: Int
  package let seed: UInt64

  static let year = 2026
  /// Hundredths of a percent, of what was sold less what went back (C7).
  static let feeBasisPoints: Int64 = 50
  /// Terminals that stay cut off over a quarter's end: one in so many.
  static let lateTerminals = 7

  /// - Precondition: 3 units or more, as many people or more, and no less than nothing swiped.
  package init(units: Int, people: Int, swipes: Int, seed: UInt64) {
    precondition(units >= 3 && people >= units && swipes >= 0, "a city of some people")
    self.units = units
    self.people = people
    self.swipes = swipes
    self.seed = seed
  }

  /// The quarters of the year.
  static var quarters: [Quarter] {
    let first = Quarter(of: day(1, 1))
    return [first, first.next, first.next.next, first.next.next.next]
  }

  /// A local day of the year, in days since 1970-01-01.
  static func day(_ month: Int, _ dayOfMonth: Int, of year: Int = year) -> Int32 {
    guard let date = CivilDate(year: year, month: month, dayOfMonth: dayOfMonth) else {
      preconditionFailure("a day of the calendar")
    }
    return date.day
  }

  /// Unix time in milliseconds of a moment of a local day in China.
  static func time(_ day: Int32, hour: Int64) -> Int64 {
    Int64(day) * 86_400_000 + (hour - 8) * 3_600_000
  }

  static func people(_ proposer: String, _ approver: String) -> TwoPeople {
    guard let people = TwoPeople(proposer: proposer, approver: approver) else {
      preconditionFailure("two people are two")
    }
    return people
  }
}

// Units and canteens.
extension CityPlan {
  /// Each fourth unit has none (S31).
  var canteens: Int { units - units / 4 }

  /// To which unit a canteen belongs.
  func host(of canteen: Int) -> Int { canteen + (canteen - 1) / 3 }

  /// Those who run canteens for others: one for each three canteens. Behind them stand the units that run their own.
  var contractors: Int { (canteens + 2) / 3 }

  func isSelfRun(_ canteen: Int) -> Bool { canteen % 3 == 0 }

  /// Who runs a canteen when the year begins.
  func caterer(of canteen: Int) -> Int {
    isSelfRun(canteen) ? contractors + canteen : (canteen - 1) % contractors + 1
  }

  /// Where the people of a unit usually eat.
  func canteen(ofUnit unit: Int) -> Int {
    let before = unit - 1 - (unit - 1) / 4
    return unit % 4 == 0 ? before % canteens + 1 : before + 1
  }

  /// Two at least, and one for each hundred diners.
  var terminalsPerCanteen: Int { max(2, (people / canteens + 99) / 100) }

  var terminals: Int { canteens * terminalsPerCanteen }

  /// The terminal that moves from the first canteen to the second one in the middle of the year.
  var movingTerminal: Int { terminalsPerCanteen }

  static let moveDay = day(7, 1)

  /// Where a terminal stands on a day.
  func canteen(of terminal: Int, on day: Int32) -> Int {
    if terminal == movingTerminal, day >= Self.moveDay { return 2 }
    return (terminal - 1) / terminalsPerCanteen + 1
  }

  /// One sale in so many is given back; more of them where there are few.
  var salesPerCorrection: UInt64 { swipes < 100_000 ? 13 : 97 }

  /// Cut off over the end of a quarter: what it sold in its last month comes in after the close.
  func isLate(_ terminal: Int, _ quarter: Quarter) -> Bool {
    terminal % Self.lateTerminals == quarter.number % Self.lateTerminals
  }
}

// People.
extension CityPlan {
  /// To which unit a person belongs in a quarter of the year, 1...4; `nil`: not there yet, or not any more.
  func unit(of person: Int, in quarter: Int) -> Int? {
    let joins = person % 25 == 0 ? person / 25 % 4 + 1 : 1
    let end = person % Self.leavers == 7 ? 3 : 5
    guard (joins..<end).contains(quarter) else { return nil }
    let moves = person % 20 == 13 && quarter >= 2 + person / 20 % 3
    return (person - 1 + (moves ? 1 : 0)) % units + 1
  }

  private static let leavers = 30

  func name(of person: Int) -> String { "市民\(person)" }

  /// The number of a card that no other person has: 4 bytes.
  func card(of person: Int) -> String {
    let digits = String(person, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Staff has a savings card as its main account (S29); one in ten is there for a time only and has none (C11).
  func savingsCard(of person: Int) -> String? { person % 10 == 0 ? nil : "6222-\(person)" }

  func tops(up person: Int) -> Bool { person % 40 == 1 }

  /// What somebody is given for a quarter: about what they eat, so that some have too little and some too much left.
  func allowance(of person: Int, in quarter: Int) -> Fen {
    let eaten = swipes / people / 4 * 1500
    let percent = 80 + (person * 7 + quarter * 11) % 50
    return Fen(Int64(max(5_000, eaten * percent / 100 / 1_000 * 1_000)))
  }
}

// How units pay.
extension CityPlan {
  /// Pays more than its roster comes to: the rest is given to nobody.
  func paysTooMuch(_ unit: Int) -> Bool { unit % 5 == 1 }
  /// Pays behind the deadline, so that its people are given an advance (C9).
  func paysLate(_ unit: Int) -> Bool { unit % 6 == 2 }
  /// Does not say what it pays for, so that people must look at it.
  func paysUnclearly(_ unit: Int) -> Bool { unit % 11 == 3 }
  /// Pays a yuan too little.
  func paysTooLittle(_ unit: Int) -> Bool { unit % 13 == 4 }

  func surplus(of unit: Int) -> Int64 {
    (paysTooMuch(unit) ? 10_000 : 0) - (paysTooLittle(unit) ? 100 : 0)
  }

  /// The first two quarters go over the Bureau's account, the others straight into the income account (C5).
  static func isViaBureau(_ quarter: Quarter) -> Bool { quarter.number <= 2 }
}
