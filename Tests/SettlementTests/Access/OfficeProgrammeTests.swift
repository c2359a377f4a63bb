import CanteenModel
import Foundation
import SQLStore
import SettlementCore
import SyncProtocol
import SyncTransport
import Testing

@testable import SettlementService
@testable import SettlementStore

/// The programme's acts, by the people of its offices.
@Suite(.everyStore, .namingStore, .timeLimit(.minutes(5))) struct OfficeProgrammeTests {
  private static let roster = "账户,姓名,标准,金额\n1,王小明,在编 600,600.00\n2,李雷,,300.00"

  /// Li runs the system, wang and qian are of the Bureau and its finance section, sun of the treasury, chen of the bank;
  /// zhou and zheng look after unit 7, wu after unit 8.
  private static func staffed(_ bench: OfficeBench) async throws {
    try await bench.add("li", Grant(.systemOperator, .everything))
    try await bench.add("wang", Grant(.bureau, .everything))
    try await bench.add("qian", Grant(.bureauFinance, .everything))
    try await bench.add("sun", Grant(.financeBureau, .everything))
    try await bench.add("chen", Grant(.bank, .everything))
    for (login, unit) in [("zhou", UInt32(7)), ("zheng", 7), ("wu", 8)] {
      try await bench.add(login, Grant(.unitAdministrator, .unit(UnitID(unit))))
    }
  }

  private static func programme() async throws -> (OfficeBench, SettlementFixture) {
    let fixture = try SettlementFixture()
    let bench = try OfficeBench(try await fixture.openProgramme(), in: fixture.folder)
    try await staffed(bench)
    return (bench, fixture)
  }

  @Test("registry and policy come in by two people, and the registry goes out as it came")
  func registry() async throws {
    let fixture = try SettlementFixture()
    let books = try fixture.open()
    _ = try await books.importAccounts(Array(Programme.accounts.utf8))
    let bench = try OfficeBench(books, in: fixture.folder)
    try await Self.staffed(bench)
    for (list, file) in Programme.files {
      let proposal = try await bench.file("PUT", "/v1/registry/\(list)", as: "li", file)
      #expect(try await bench.decide(proposal, as: "wang").status == 200)
    }
    let policy = String(decoding: Programme.policy(), as: UTF8.self)
    let proposal = try await bench.ask("POST", "/v1/policies", as: "wang", policy)
    #expect(try await bench.decide(proposal, as: "wang").status == 403)
    let denied = try await bench.ask("POST", "/v1/policies", as: "li", policy)
    #expect(denied.status == 403)
    let again = try await bench.ask("POST", "/v1/proposals/9/approval", as: "sun")
    #expect(again.status == 200, "\(again.text)")
    #expect(try await books.policy(on: Programme.today).version == 1)
    let regions = try await bench.ask("GET", "/v1/registry/regions", as: "li")
    #expect(regions.mediaType == "text/csv; charset=utf-8")
    #expect(regions.bytes == (try await books.exportRegistry(.regions)))
    let wrong = try await bench.file(
      "PUT", "/v1/registry/units", as: "li", "编号,单位名称,地区,银行账号\n7,机关,99,\n8,,1,")
    #expect(wrong.status == 400)
    #expect(wrong.text.contains("row 3, column 单位名称"), "\(wrong.text)")
    let problem = try JSONDecoder().decode(Problem.self, from: Data(wrong.bytes))
    #expect(problem.errors?.contains { $0.row == 3 && $0.column == "单位名称" } == true)
    #expect(problem.errors?.allSatisfy { !$0.message.isEmpty } == true)
    try books.close()
  }

  @Test("a unit's money goes from its payment to its people, each act by who may")
  func funding() async throws {
    let (bench, fixture) = try await Self.programme()
    let path = "/v1/units/7/rosters/2026Q4?appropriation=GX-1"
    #expect(try await bench.file("POST", path, as: "wu", Self.roster).status == 403)
    let roster = try await bench.file("POST", path, as: "zhou", Self.roster)
    #expect(try await bench.decide(roster, as: "wu").status == 403)
    #expect(try await bench.decide(roster, as: "li").status == 403)
    #expect(try await bench.ask("GET", "/v1/proposals", as: "zheng").status == 403)
    let seen = try await bench.ask("GET", "/v1/proposals?unit=7", as: "zheng")
    #expect(seen.text.contains(#"\"fen\":90000,\"people\":2"#), "\(seen.text)")
    #expect(try await bench.ask("GET", "/v1/proposals/1/file", as: "wu").status == 403)
    #expect(try await bench.ask("GET", "/v1/proposals/1/file", as: "zheng").text == Self.roster)
    #expect(try await bench.decide(roster, as: "zheng").status == 200)
    #expect(try await bench.file("POST", path, as: "zhou", Self.roster).status == 400)
    let unpaid = try await bench.ask("POST", "/v1/allocations/1", as: "li")
    #expect(unpaid.status == 400 && unpaid.text.contains("wait for its payment"))
    let lines =
      "流水号,日期,金额,对方账号,附言\nA1,2026-10-09,1000.00,6217-0007,2026Q4 GX-1\nA2,2026-10-09,5.00,,?"
    let bank = try await bench.file("PUT", "/v1/bank-lines/bureau", as: "chen", lines)
    #expect(try await bench.decide(bank, as: "qian").text.contains(#""unmatched":1"#))
    #expect(try await bench.ask("POST", "/v1/allocations/1", as: "li").status == 200)
    let notice = try await bench.ask("GET", "/v1/quarters/2026Q4/funding?unit=7", as: "zhou")
    #expect(notice.text.contains(#""receivedFen":100000"#) && !notice.text.contains("市档案局"))
    #expect(
      try await bench.ask("GET", "/v1/quarters/2026Q4/funding", as: "zhou").status == 403)
    let held = try await bench.ask("GET", "/v1/bank-lines", as: "qian")
    #expect(held.text.contains(#""reference":"A2""#))
    let match = try await bench.ask(
      "POST", "/v1/bank-lines/bureau/purpose", as: "qian",
      #"{"reference":"A2","purpose":"treasury","proposer":"x","approver":"y"}"#)
    #expect(try await bench.decide(match, as: "wang").status == 200)
    let people = try await bench.books.read { db in
      try db.rows("SELECT DISTINCT kind, proposed_by, approved_by FROM office_entry ORDER BY kind")
        .map {
          "\(try $0.text("kind")) \(try $0.text("proposed_by")) \(try $0.text("approved_by"))"
        }
    }
    #expect(people == ["allocation li zheng", "bank chen qian", "match qian wang"])
    #expect(try await bench.books.check().isGood)
    #expect(try await bench.books.verifyAudit().number > 10)
    try bench.books.close()
    withExtendedLifetime(fixture) {}
  }

  @Test("a unit sets the rules of its own canteen by two of its people, and of no other one (S35)")
  func unitRules() async throws {
    let (bench, fixture) = try await Self.programme()
    let bounds = """
      {"version": 2, "legalBasis": "株机管发〔2026〕4号", "effectiveFrom": "2026-01-01",
       "unitRules": {"leastPrice": "5.00", "mostPrice": "25.00", "mostMinutes": 60, "mostSales": 3,
        "mostGuests": 1, "visitorPricing": false}}
      """
    _ = try await bench.books.setPolicy(Array(bounds.utf8), by: Programme.people())
    _ = try await bench.books.signRulebook(Array(ImportTests.rulebook(version: 100).utf8))
    let rules = """
      {"legalBasis": "x", "effectiveFrom": "2026-11-23", "mealPeriods": [{"number": 2, "price": "9.00"}]}
      """
    let path = "/v1/canteens/1/rules"
    #expect(try await bench.ask("POST", path, as: "wu", rules).status == 403)
    #expect(try await bench.ask("POST", path + "/preview", as: "wu", rules).status == 403)
    let preview = try await bench.ask("POST", path + "/preview", as: "zhou", rules)
    #expect(preview.text.contains("mealPeriods 2 price: ¥15.00 → ¥9.00"), "\(preview.text)")
    let proposal = try await bench.ask("POST", path, as: "zhou", rules)
    #expect(try await bench.decide(proposal, as: "wu").status == 403)
    #expect(try await bench.decide(proposal, as: "zhou").status == 403)
    #expect(try await bench.books.unitRules().isEmpty)
    #expect(try await bench.decide(proposal, as: "zheng").status == 200)
    #expect(try await bench.ask("GET", "/v1/unit-rules", as: "zhou").status == 403)
    let own = try await bench.ask("GET", "/v1/unit-rules?canteen=1", as: "zhou")
    #expect(own.text.contains(#""standing":"inForce""#), "\(own.text)")
    #expect(try await bench.ask("GET", "/v1/rulebooks/terminals", as: "li").status == 200)
    let done = try await bench.books.auditLines(behind: 0).filter {
      $0.verb == "setUnitRules" && $0.outcome == "done"
    }
    #expect(done.map(\.login) == ["zheng"])
    try bench.books.close()
    withExtendedLifetime(fixture) {}
  }

  private static let evaluation = "canteen,paid,day,reason,amount\n2,,,,\n1,,2026-10-15,冷菜,1.00"

  private func evaluates(_ unit: Int) async throws -> OfficeBench.Answer {
    let (bench, fixture) = try await Self.programme()
    let answer = try await bench.file(
      "PUT", "/v1/units/\(unit)/evaluations/2026Q4", as: unit == 7 ? "zhou" : "wu",
      Self.evaluation)
    try bench.books.close()
    withExtendedLifetime(fixture) {}
    return answer
  }

  @Test("a unit evaluates the catering in its own canteens, and in no other one (S17)")
  func evaluation() async throws {
    let answer = try await evaluates(7)
    #expect(answer.status == 400)
    #expect(answer.text.contains("row 2, column canteen: 2 is no canteen of unit 7"))
    let planted = try await SeededAccessBug.$planted.withValue(.evaluatesElsewhere) {
      try await evaluates(7)
    }
    #expect(planted.status == 201)
  }

  @Test(
    "each fault of an evaluation is told by row and column",
    arguments: [
      ("x,,,,", "row 2, column canteen"), ("1,101.00,,,", "row 2, column paid"),
      ("1,99.00,2026-10-15,,", "row 2, column day"),
      ("1,,2027-01-01,冷菜,1.00", "row 2, column day"),
      ("1,,2026-10-15,,1.00", "row 2, column reason"),
      ("1,,2026-10-15,冷菜,0.00", "row 2, column amount"),
      ("1,,2026-10-15,冷菜,1.00\n1,99.00,,,", "row 3, column canteen"),
    ])
  func evaluationFaults(rows: String, place: String) throws {
    let file = Array("canteen,paid,day,reason,amount\n\(rows)".utf8)
    let error = #expect(throws: StoreError.self) {
      try EvaluationFile.read(file, Programme.thisQuarter)
    }
    #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
  }

  @Test("a quarter is closed, drafted, approved and paid by who may, and the books name them")
  func quarter() async throws {
    let year = try await StatementYear()
    let bench = try OfficeBench(year.books, in: year.folder)
    try await Self.staffed(bench)
    try await year.eat()
    let path = "/v1/quarters/2026Q4"
    let close = try await bench.ask("POST", path + "/close", as: "li")
    #expect(try await bench.decide(close, as: "chen").status == 403)
    #expect(try await bench.decide(close, as: "wang").status == 200)
    #expect(try await year.books.closedQuarters().map(\.people.approver) == ["wang"])
    let drafts = try await bench.ask("POST", path + "/statements", as: "qian")
    #expect(drafts.status == 200)
    let drafted = try JSONDecoder().decode([StatementSummary].self, from: Data(drafts.bytes))
    for draft in drafted {
      let target = path + "/statements/\(draft.canteen)/approval"
      let unseen = try await bench.ask(
        "POST", target, as: "li", #"{"digest":"\#(Digest32.zero)"}"#)
      #expect(unseen.status == 400)
      let proposal = try await bench.ask(
        "POST", target, as: "li", #"{"digest":"\#(draft.digest ?? "")","proposer":"wang"}"#)
      #expect(try await bench.decide(proposal, as: "qian").status == 200)
    }
    let approved = try await year.books.statements(of: StatementYear.quarter)
    #expect(approved.map(\.approvedBy) == drafted.map { _ in TwoPeople(checked: "li", "qian") })
    let file = try await bench.ask("GET", path + "/statements/1/file", as: "qian")
    #expect(
      file.bytes == (try await year.books.statementFile(of: StatementYear.quarter, canteen: 1)))
    let order = try await bench.ask("POST", "/v1/payment-orders", as: "li")
    #expect(try await bench.decide(order, as: "qian").status == 200)
    #expect(try await bench.ask("POST", "/v1/payment-orders", as: "li").status == 400)
    let payments = try await bench.ask("GET", "/v1/payment-orders/1/file", as: "chen")
    #expect(payments.text.contains("好味") && payments.mediaType == "text/csv; charset=utf-8")
    #expect(try await bench.ask("GET", path + "/clearing", as: "qian").status == 200)
    try await Self.caterersReadTheirOwn(bench, drafted)
    let log = try await year.books.auditLines(behind: 0)
    #expect(log.filter { $0.outcome == "done" && $0.verb == "approveStatement" }.count == 2)
    try year.books.close()
  }

  /// Each caterer reads the statements by which they are paid, and nobody reads another one's.
  private static func caterersReadTheirOwn(
    _ bench: OfficeBench, _ statements: [StatementSummary]
  ) async throws {
    var paid: [UInt32: [UInt32]] = [:]
    for line in statements {
      let document = try StatementCodec.decode(
        try await bench.books.statementDocument(
          of: StatementYear.quarter, canteen: line.canteen))
      for caterer in Set(document.accounts.map(\.caterer)) {
        paid[caterer, default: []].append(line.canteen)
      }
    }
    #expect(paid.count > 1)
    for (caterer, canteens) in paid.sorted(by: { $0.key < $1.key }) {
      let login = "caterer\(caterer)"
      try await bench.add(login, Grant(.caterer, .caterer(CatererID(caterer))))
      let path = "/v1/caterers/\(caterer)/quarters/2026Q4/statements"
      let list = try await bench.ask("GET", path, as: login)
      let own = try JSONDecoder().decode([StatementSummary].self, from: Data(list.bytes))
      #expect(own.map(\.canteen) == canteens)
      for line in statements {
        let file = try await bench.ask("GET", path + "/\(line.canteen)/file", as: login)
        #expect(file.status == (canteens.contains(line.canteen) ? 200 : 400))
      }
      for other in paid.keys where other != caterer {
        let strange = "/v1/caterers/\(other)/quarters/2026Q4/statements"
        #expect(try await bench.ask("GET", strange, as: login).status == 403)
      }
      #expect(
        try await bench.ask("GET", "/v1/quarters/2026Q4/statements", as: login).status == 403)
    }
  }

  @Test("a year is closed by two people, and each unit reads its own certificate")
  func year() async throws {
    let fixture = try SettlementFixture()
    let clock = OfficeFixture.Clock()
    let books = try Books(
      Books.Configuration(store: fixture.store, key: fixture.key, now: { clock.now }))
    _ = try await books.importAccounts(Array(Programme.accounts.utf8))
    for (list, file) in Programme.files {
      _ = try await books.importRegistry(list, Array(file.utf8))
    }
    let policy = """
      {"version": 1, "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "2026-01-01",
       "yearEnd": {"residualTo": "unit"}}
      """
    _ = try await books.setPolicy(Array(policy.utf8), by: Programme.people())
    let roster = try await books.propose()
    try await books.unitPays()
    _ = try await books.approveRoster(roster.number, by: "li")
    _ = try await books.allocate(roster.number, on: Programme.today, by: "zhang")
    let bench = try OfficeBench(books, in: fixture.folder)
    try await Self.staffed(bench)
    #expect(try await bench.ask("POST", "/v1/years/2026/close", as: "li").status == 400)
    clock.advance(60 * 86_400_000)
    #expect(try await bench.ask("GET", "/v1/years/2026/preview", as: "sun").status == 200)
    let close = try await bench.ask("POST", "/v1/years/2026/close", as: "li")
    #expect(try await bench.decide(close, as: "sun").status == 200)
    let path = "/v1/units/7/certificates/2026"
    #expect(try await bench.ask("GET", path, as: "wu").status == 403)
    let answer = try await bench.ask("GET", path, as: "zhou")
    let certificate = try JSONDecoder().decode(
      YearEndCertificate.self, from: Data(answer.bytes))
    #expect(certificate.fen == 100_000 && certificate.runs.map(\.approver) == ["sun"])
    #expect(certificate.tranches.map(\.takenFen) == [90_000])
    #expect(certificate.tranches.map(\.ungivenFen) == [10_000])
    #expect(try await bench.ask("GET", path + "/file", as: "wu").status == 403)
    let file = try await bench.ask("GET", path + "/file", as: "zhou")
    let signed = try CertificateCodec.open(file.bytes, key: fixture.key.publicKey)
    #expect(signed.fen == 100_000 && signed.unit == 7)
    try books.close()
  }
}
