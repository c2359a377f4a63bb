import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import SyncProtocol

/// One year of a city on one store, act by act in virtual time. Behind each act the books are closed and the store is
/// asked whether every fen is somewhere.
final class CityYear {
  let office: CityOffice
  let files: CityFiles
  private let say: (String) -> Void
  private var life: CityLife
  private var terminals: [CityTerminal]
  private var records = 0
  private(set) var result = CityResult()

  private var plan: CityPlan { office.plan }

  /// - Parameter say: Gets a line behind each act.
  init(_ office: CityOffice, files: CityFiles, say: @escaping (String) -> Void) throws {
    (self.office, self.files, self.say) = (office, files, say)
    life = CityLife(office.plan)
    terminals = try (1...office.plan.terminals).map { try CityTerminal($0, of: office.plan) }
  }

  func run() async throws -> CityResult {
    try await act("the registry") { try await self.establish() }
    for quarter in CityPlan.quarters {
      let rounds = CityLife.rounds(of: quarter)
      if quarter.firstDay == CityPlan.moveDay {
        try await act("a terminal moves") { try await self.move() }
      }
      if quarter.number > 1 { try await settle(quarter.previous) }
      try await act("\(quarter): before the money") { try await self.live(rounds[0]) }
      try await act("\(quarter): funding") { try await self.fund(quarter) }
      try await act("\(quarter): first month") { try await self.live(rounds[1]) }
      try await act("\(quarter): late payments") {
        try await self.office.withBooks {
          try await CityFunding(office: self.office, quarter: quarter).runLate($0)
        }
      }
      for round in rounds[2...] {
        try await act("\(quarter): a month") { try await self.live(round) }
      }
    }
    guard let last = CityPlan.quarters.last else { preconditionFailure("a year has quarters") }
    try await settle(last)
    try await act("the year's end") { try await self.endYear(last) }
    try await settle(last.next)
    try await act("files") { try await self.export() }
    result.take(life.tally, records: records)
    return result
  }

  /// Runs an act, asks whether all legs sum to zero, and says how long it took.
  private func act(_ name: String, _ body: () async throws -> Void) async throws {
    let clock = ContinuousClock()
    let (begin, before) = (clock.now, records)
    try await body()
    let middle = clock.now
    try office.ask { try LedgerQuestions(db: $0).askZeroSum() }
    result.zeroSums += 1
    let seconds = (middle - begin) / .seconds(1)
    let pace = records > before ? ", \(records - before) records" : ""
    say(
      "\(Self.text(seconds)) s  \(name)\(pace), zero-sum in \(Self.text((clock.now - middle) / .seconds(1))) s"
    )
  }

  private static func text(_ seconds: Double) -> String { String(format: "%7.1f", seconds) }

  private func establish() async throws {
    let registry = CityRegistry(plan: plan)
    office.clock.wait(until: CityPlan.day(12, 20, of: CityPlan.year - 1))
    try files.keep(office.key.publicKey)
    try await office.withBooks { books in
      _ = try await books.importAccounts(Array(registry.accounts.utf8))
      for (list, file) in registry.lists {
        _ = try await books.importRegistry(list, Array(file.utf8))
      }
      for policy in CityRegistry.policies {
        _ = try await books.setPolicy(Array(policy.utf8), by: CityPlan.people("zhao", "qian"))
      }
      let day = CityPlan.day(1, 1)
      for terminal in terminals {
        let canteen = plan.canteen(of: Int(terminal.id.number), on: day)
        try await books.add(terminal.entry(canteen: canteen))
      }
    }
  }

  private func move() async throws {
    office.clock.wait(until: CityPlan.moveDay, hour: 0)
    let terminal = terminals[plan.movingTerminal - 1]
    let canteen = plan.canteen(of: plan.movingTerminal, on: CityPlan.moveDay)
    try await office.withBooks { _ = try await $0.add(terminal.entry(canteen: canteen)) }
  }

  private func fund(_ quarter: Quarter) async throws {
    result.fundedFen += try await office.withBooks {
      try await CityFunding(office: office, quarter: quarter).run($0)
    }
  }

  /// A round: what terminals are fed, what they sell, what they hand in. Two of them have a double for a while.
  private func live(_ round: CityLife.Round) async throws {
    var purses = try office.feed()
    let isForked =
      round.quarter.number % 2 == 0 && round.days.lowerBound == round.quarter.firstDay + 10
    var double = isForked ? terminals[round.quarter.number - 1] : nil
    try life.live(round, &terminals, &purses)
    office.clock.wait(until: round.days.upperBound, hour: 21)
    try await office.withBooks { books in
      try await handIn(to: books) { !(round.isLast && self.plan.isLate($0, round.quarter)) }
      guard double != nil else { return }
      try life.sellAtDouble(&double, on: round.days.lowerBound)
      let taken = try await double?.handIn(to: books)
      records += taken ?? 0
    }
  }

  /// Terminals hand in what they have, some at a time.
  private func handIn(to books: Books, _ isConnected: (Int) -> Bool) async throws {
    let connected = terminals.indices.filter { isConnected($0 + 1) }
    let workers = 3
    let done = try await withThrowingTaskGroup(of: [(Int, CityTerminal, Int)].self) { group in
      for worker in 0..<workers {
        let mine = stride(from: worker, to: connected.count, by: workers).map {
          (connected[$0], terminals[connected[$0]])
        }
        group.addTask {
          var done: [(Int, CityTerminal, Int)] = []
          for (index, terminal) in mine {
            var terminal = terminal
            let taken = try await terminal.handIn(to: books)
            done.append((index, terminal, taken))
          }
          return done
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    for (index, terminal, taken) in done {
      terminals[index] = terminal
      records += taken
    }
  }

  private func settle(_ quarter: Quarter) async throws {
    try await act("\(quarter): settlement") {
      let (office, files) = (self.office, self.files)
      let eaten = try await office.withBooks {
        try await CityQuarter(office: office, quarter: quarter, files: files).run($0)
      }
      self.result.statedFen += eaten.value
    }
    try await act("\(quarter): every question to the ledger") { try self.askEverything() }
  }

  /// Closes the year, takes what comes in late, and books that too.
  private func endYear(_ last: Quarter) async throws {
    let end = CityYearEnd(office: office, files: files)
    result.endings.append(try await end.run(on: last.next.firstDay + 11))
    office.clock.wait(until: last.next.firstDay + 12)
    try await office.withBooks { try await handIn(to: $0) { _ in true } }
    result.endings.append(try await end.run(on: last.next.firstDay + 19))
  }

  private func askEverything() throws {
    try office.ask { try LedgerQuestions(db: $0).askEverything() }
  }

  private func export() async throws {
    let ids = terminals.map(\.id)
    try await office.withBooks { books in
      try await files.keepBatches(of: ids, books)
      for unit in CityVerification.certifiedUnits(of: office.plan) {
        let file = try await books.certificateFile(of: unit, year: CityPlan.year)
        try files.keep(certificate: file, of: unit)
      }
    }
  }
}
