import CanteenModel
import SettlementCore
import SettlementStore

/// The money of one quarter on its way from the units to their people (S28 to S33).
struct CityFunding {
  let office: CityOffice
  let quarter: Quarter

  private var plan: CityPlan { office.plan }
  private var registry: CityRegistry { CityRegistry(plan: plan) }
  /// Into which account units pay.
  private var paidInto: BankAccount { CityPlan.isViaBureau(quarter) ? .bureau : .income }

  /// Rosters, the payments of those who pay in time, and everybody's money, in advance where the unit has not paid.
  ///
  /// - Returns: What was given, in fen.
  func run(_ books: Books) async throws -> Int64 {
    try await changePeople(books)
    let rosters = try await proposeRosters(books)
    office.clock.wait(until: quarter.firstDay + 10, hour: 13)
    try await pay(books, rosters.filter { !plan.paysLate($0.key) }, on: quarter.firstDay + 8)
    try await explain(books, rosters)
    if quarter.number == 1 { try await checkHop(books, lacks: 100) }
    var given: Int64 = 0
    for (_, roster) in rosters.sorted(by: { $0.key < $1.key }) {
      given += try await books.allocate(roster.number, on: quarter.firstDay + 10, by: "sun").fen
    }
    return given
  }

  /// The payments that come behind the deadline, what was missing on the way, and people's own money.
  func runLate(_ books: Books) async throws {
    let rosters = Dictionary(
      uniqueKeysWithValues: try await books.rosters(of: quarter).map { (Int($0.unit.number), $0) })
    try await checkLate(books, rosters)
    let day = quarter.firstDay + 25
    if quarter.number == 1 {
      _ = try await bank(books, .income, ["\(quarter)-rest,\(date(day)),1.00,8000-1,转拨余款"])
      try await checkHop(books, lacks: 0)
    }
    try await pay(books, rosters.filter { plan.paysLate($0.key) }, on: day)
    try await explain(books, rosters)
    let topUps = (1...plan.people).compactMap { person -> String? in
      guard plan.tops(up: person), let card = plan.savingsCard(of: person),
        plan.unit(of: person, in: quarter.number) != nil
      else { return nil }
      return "\(quarter)-top-\(person),\(date(day)),50.00,\(card),充值"
    }
    _ = try await bank(books, .income, topUps)
  }

  private func changePeople(_ books: Books) async throws {
    if let members = registry.members(from: quarter) {
      _ = try await books.importRegistry(.members, Array(members.utf8))
    }
    guard quarter.number > 1, let leavers = registry.leavers(before: quarter.number) else { return }
    _ = try await books.importAccounts(Array(leavers.utf8))
  }

  private func proposeRosters(_ books: Books) async throws -> [Int: RosterLine] {
    var rosters: [Int: RosterLine] = [:]
    for unit in 1...plan.units {
      guard let (file, sum) = registry.roster(of: unit, quarter) else { continue }
      let roster = try await books.proposeRoster(
        of: UnitID(UInt32(unit)), quarter, appropriation: "", Array(file.utf8), by: "sun")
      guard roster.fen == sum else {
        throw LaboratoryError.broken("roster of unit \(unit) for \(quarter): \(roster.fen) fen")
      }
      rosters[unit] = try await books.approveRoster(roster.number, by: "li")
    }
    return rosters
  }

  /// The units' lines, and the way of their money over the Bureau's account where it takes it. In the first quarter a
  /// yuan is missing at the other end.
  private func pay(_ books: Books, _ rosters: [Int: RosterLine], on day: Int32) async throws {
    var (lines, sum) = ([String](), Fen.zero)
    for (unit, roster) in rosters.sorted(by: { $0.key < $1.key }) {
      let amount = Fen(roster.fen + plan.surplus(of: unit))
      sum = try sum + amount
      let note = plan.paysUnclearly(unit) ? "经费" : "\(quarter)就餐经费"
      lines.append(
        "\(quarter)-\(unit),\(date(day)),\(amount.plainYuan),"
          + "\(CityRegistry.bankAccount(ofUnit: unit)),\(note)")
    }
    let unclear = rosters.keys.filter { plan.paysUnclearly($0) }.count
    let unmatched = try await bank(books, paidInto, lines)
    guard unmatched == unclear else {
      throw LaboratoryError.broken("\(quarter): \(unmatched) lines wait for a purpose")
    }
    guard CityPlan.isViaBureau(quarter), sum > .zero else { return }
    let lacks = quarter.number == 1 && day == quarter.firstDay + 8
    _ = try await bank(
      books, .bureau, ["\(quarter)-out-\(day),\(date(day + 1)),-\(sum.plainYuan),8000-2,转拨"])
    let arrives = lacks ? try sum - Fen(100) : sum
    _ = try await bank(
      books, .income, ["\(quarter)-in-\(day),\(date(day + 1)),\(arrives.plainYuan),8000-1,转拨"])
  }

  /// Two people say what the lines are for that do not say it themselves.
  private func explain(_ books: Books, _ rosters: [Int: RosterLine]) async throws {
    for line in try await books.unmatchedLines() {
      let unit = rosters.first { CityRegistry.bankAccount(ofUnit: $0.key) == line.counterparty }
      guard let tranche = unit?.value.tranche else {
        throw LaboratoryError.broken("line \(line.reference) is of nobody")
      }
      try await books.match(
        line.account, line.reference, with: .funded(tranche), by: CityPlan.people("sun", "li"))
    }
  }

  private func checkHop(_ books: Books, lacks fen: Int64) async throws {
    let board = try await books.fundingBoard(of: quarter, on: quarter.firstDay + 10)
    let underway = board.underwayFen[BankHop.bureauToIncome.rawValue]
    guard underway == -fen else {
      throw LaboratoryError.broken(
        "\(quarter): \(underway ?? 0) fen between the Bureau and the income account, not \(-fen)")
    }
  }

  /// Those who have paid less than their rosters come to are late, and nobody else is (S6).
  private func checkLate(_ books: Books, _ rosters: [Int: RosterLine]) async throws {
    let board = try await books.fundingBoard(of: quarter, on: quarter.firstDay + 20)
    let late = Set(board.units.filter(\.isLate).map { Int($0.unit.number) })
    let expected = rosters.keys.filter { plan.paysLate($0) || plan.surplus(of: $0) < 0 }
    guard late == Set(expected) else {
      throw LaboratoryError.broken(
        "\(quarter): late are units \(late.sorted()), not \(expected.sorted())")
    }
  }

  /// - Returns: How many of the lines nobody knows the purpose of.
  private func bank(
    _ books: Books, _ account: BankAccount, _ lines: [String]
  ) async throws -> Int {
    guard !lines.isEmpty else { return 0 }
    let file = (["流水号,日期,金额,对方账号,附言"] + lines).joined(separator: "\n")
    return try await books.importBank(account, Array(file.utf8), by: "wu").unmatched
  }

  private func date(_ day: Int32) -> CivilDate { CivilDate(day: day) }
}
