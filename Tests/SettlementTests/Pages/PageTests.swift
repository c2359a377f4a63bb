import CanteenModel
import Foundation
import HTTPTypes
import LinkSecurity
import SettlementCore
import SyncTransport
import Testing

@testable import SettlementService
@testable import SettlementStore

/// The office's pages, as a browser asks for them.
@Suite(.timeLimit(.minutes(5))) struct PageTests {
  /// A closed quarter of two canteens, and people of every role.
  private static func bench() async throws -> (StatementYear, OfficeBench) {
    let year = try await StatementYear()
    try await year.eat()
    _ = try await year.books.close(StatementYear.quarter, by: StatementYear.people)
    _ = try await year.books.draftStatements(of: StatementYear.quarter)
    let bench = try OfficeBench(year.books, in: year.folder)
    for role in Role.allCases {
      try await bench.add(login(of: role), Grant(role, try scope(of: role)))
    }
    return (year, bench)
  }

  private static func login(of role: Role) -> String { role.rawValue.lowercased() }

  private static func scope(of role: Role) throws -> Scope {
    let kind = role.scopes[0]
    return kind == .everything ? .everything : try #require(Scope("\(kind.rawValue):1"))
  }

  /// What a page needs in its address to be about something.
  private static func address(of page: PageName) -> String {
    switch page {
    case .funding, .statements, .clearing: "\(page.path)?quarter=2026Q4"
    case .statement: "\(page.path)?quarter=2026Q4&canteen=1"
    case .proposal: "\(page.path)?number=1"
    case .yearEnd: "\(page.path)?year=2026"
    default: page.path
    }
  }

  @Test("each role sees in its menu what it may open, and is refused everything else")
  func roles() async throws {
    let (year, bench) = try await Self.bench()
    for role in Role.allCases {
      let token = try await bench.session(of: Self.login(of: role))
      let home = try await bench.browse("GET", "/", token)
      #expect(home.status == 200, "\(role): \(home.text)")
      #expect(!home.text.contains("nil"), "\(role): \(home.text)")
      for page in PageName.allCases where page != .home && page.menu != nil {
        let answer = try await bench.browse("GET", Self.address(of: page), token)
        let isShown = home.text.contains("<a href=\"\(page.path)\">")
        #expect(answer.status == (isShown ? 200 : 403), "\(role) \(page): \(answer.text)")
        #expect(answer.mediaType == "text/html; charset=utf-8")
      }
    }
    let refusals = try await year.books.auditLines(behind: 0).filter { $0.outcome == "refused" }
    #expect(refusals.contains { $0.login == Self.login(of: .cashier) && $0.verb == "readAudit" })
    #expect(!refusals.contains { $0.login == Self.login(of: .audit) })
  }

  @Test("who is nobody is led to the sign-in, and back to where they wanted to go")
  func nobody() async throws {
    try await OfficeSite.run { site in
      for page in PageName.allCases {
        let answer = try await site.ask("GET", page.path)
        #expect(answer.status == 303)
        #expect(answer.field("Location")?.hasPrefix("/sign-in?then=%2F") == true)
        #expect(answer.text.isEmpty)
      }
      let ended = try await site.ask(
        "GET", "/funding", fields: [("Cookie", "\(OfficeToken.cookie)=\(OfficeToken().text)")])
      #expect(ended.status == 303)
      #expect(try await site.ask("GET", "/style.css").text.contains("font-variant-numeric"))
      #expect(try await site.ask("GET", "/nothing").status == 404)
    }
  }

  @Test("after the sign-in nobody is led to another site")
  func openRedirect() async throws {
    let (_, bench) = try await Self.bench()
    for bad in ["//203.0.113.9", "https://203.0.113.9", "/\\evil", "javascript:1"] {
      let escaped = try #require(
        bad.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let page = try await bench.browse("GET", "/sign-in?then=\(escaped)", nil)
      #expect(page.text.contains("name=\"then\" value=\"/\""))
    }
  }

  @Test("the statement of a canteen is readable with its sums, and each table is a file")
  func statement() async throws {
    let (year, bench) = try await Self.bench()
    let token = try await bench.session(of: Self.login(of: .bureau))
    let list = try await bench.browse("GET", "/statements?quarter=2026Q4", token)
    #expect(list.text.contains("一食堂"))
    let one = try await year.books.statements(of: StatementYear.quarter)[0]
    #expect(list.text.contains("\(one.payable)"))
    let page = try await bench.browse("GET", "/statement?quarter=2026Q4&canteen=1", token)
    #expect(page.status == 200, "\(page.text)")
    #expect(page.text.contains("\(one.payable)") && page.text.contains("经营者（签章）"))
    let file = try await bench.browse(
      "GET", "/statements?quarter=2026Q4&file=statements", token)
    #expect(file.mediaType == "text/csv; charset=utf-8")
    #expect(file.bytes.prefix(3) == [0xEF, 0xBB, 0xBF])
    #expect(file.text.contains("编号,食堂,消费,考核扣款,服务费,应付,状态\r\n"))
    #expect(file.text.contains("\(one.payable)"))
    #expect(try await bench.browse("GET", "/statements?file=nothing", token).status == 404)
    #expect(try await bench.browse("GET", "/statements?colour=red", token).status == 400)
    #expect(try await bench.browse("GET", "/statements?quarter=2026Q9", token).status == 400)
  }

  @Test("who has a role in one unit sees that unit without asking for it, and no other")
  func scope() async throws {
    let (_, bench) = try await Self.bench()
    let token = try await bench.session(of: Self.login(of: .unitAdministrator))
    let own = try await bench.browse("GET", "/funding?quarter=2026Q4", token)
    #expect(own.text.contains("机关") && !own.text.contains("医院"))
    let other = try await bench.browse("GET", "/funding?quarter=2026Q4&unit=2", token)
    #expect(other.status == 403 && other.text.contains("请向机关事务管理局申请"))
  }

  @Test("what people typed is text, and no page runs anything")
  func escaping() async throws {
    let (year, bench) = try await Self.bench()
    try await year.books.change(
      "UPDATE terminal SET name = '<script>alert(1)</script>' WHERE number = 4")
    let token = try await bench.session(of: Self.login(of: .bureau))
    let page = try await bench.browse("GET", "/terminals", token)
    #expect(!page.text.contains("<script") && page.text.contains("&lt;script&gt;"))
    let policy = try #require(page.headers[.contentSecurityPolicy])
    #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
    #expect(page.headers[.cacheControl] == "no-store")
    let referrer = try #require(HTTPField.Name("Referrer-Policy"))
    #expect(page.headers[referrer] == "same-origin", "browsers send no origin otherwise")
  }

  @Test("a proposal is approved by somebody else, with the form's own secret only")
  func proposal() async throws {
    let (year, bench) = try await Self.bench()
    try await bench.add("li", Grant(.systemOperator, .everything))
    try await bench.add("wang", Grant(.bureau, .everything))
    let accounts = try await bench.ask(
      "PUT", "/v1/accounts", as: "li",
      String(decoding: Array(SettlementFixture.accounts.utf8), as: UTF8.self),
      type: "text/csv")
    #expect(accounts.status == 201, "\(accounts.text)")
    let (li, wang) = (try await bench.session(of: "li"), try await bench.session(of: "wang"))
    let home = try await bench.browse("GET", "/", wang)
    #expect(home.text.contains("/proposal?number=1"))
    let own = try await bench.browse("GET", "/proposal?number=1", li)
    #expect(!own.text.contains("/proposal/approval") && own.text.contains("/proposal/refusal"))
    let seen = try await bench.browse("GET", "/proposal?number=1", wang)
    #expect(seen.text.contains("/proposal/approval") && seen.text.contains(wang.csrf))
    for form in ["number=1", "number=1&csrf=\(li.csrf)", "number=1&csrf="] {
      let forged = try await bench.browse("POST", "/proposal/approval", wang, form: form)
      #expect(forged.status == 403)
    }
    var foreign = HTTPFields()
    foreign[try #require(HTTPField.Name("Origin"))] = "https://203.0.113.9"
    let good = "number=1&csrf=\(wang.csrf)"
    #expect(
      try await bench.browse("POST", "/proposal/approval", wang, form: good, fields: foreign).status
        == 403)
    let own2 = try await bench.browse(
      "POST", "/proposal/approval", li, form: "number=1&csrf=\(li.csrf)")
    #expect(own2.status == 403, "two people means two")
    #expect(try await year.books.proposal(1).line.state == "open")
    let done = try await bench.browse("POST", "/proposal/approval", wang, form: good)
    #expect(done.status == 303 && done.headers[.location] == "/proposal?number=1", "\(done.text)")
    #expect(try await year.books.proposal(1).line.state == "executed")
  }

  @Test("pages speak Chinese unless somebody asks for English")
  func languages() async throws {
    let (_, bench) = try await Self.bench()
    let page = try await bench.browse("GET", "/sign-in", nil)
    #expect(page.text.contains("<html lang=\"zh-CN\">") && page.text.contains("动态码"))
    #expect(!page.text.contains("/sign-out") && !page.text.contains("<nav"))
    let english = try await bench.browse(
      "GET", "/sign-in", nil, fields: [.acceptLanguage: "en-GB,en;q=0.9"])
    #expect(english.text.contains("<html lang=\"en\">") && english.text.contains("Password"))
    let chosen = try await bench.browse("GET", "/language?to=en&back=%2Fsign-in", nil)
    #expect(chosen.status == 303 && chosen.headers[.location] == "/sign-in")
    #expect(chosen.headers[.setCookie]?.hasPrefix("canteen-language=en;") == true)
    let kept = try await bench.browse(
      "GET", "/sign-in", nil, fields: [.cookie: "a=b; canteen-language=en"])
    #expect(kept.text.contains("Sign-in name"))
    #expect(try await bench.browse("GET", "/language?to=fr", nil).status == 400)
  }

  @Test("the sign-in form begins a session in a cookie, and says the same of whatever is wrong")
  func signIn() async throws {
    let (year, bench) = try await Self.bench()
    let code = OneTimeCode()
    _ = try await year.books.addPerson("qian", name: "钱")
    _ = try await year.books.setSignIn(
      of: "qian", password: try PasswordHash(of: "a password of some length", cost: .low).text,
      codeSecret: code.secret)
    let now = code.code(at: year.books.now / OneTimeCode.stepLength)
    let form = "login=qian&password=a+password+of+some+length&code=\(now)&then=%2Ffunding"
    let wrong = try await bench.browse(
      "POST", "/sign-in", nil, form: form.replacing("length", with: "breadth"))
    #expect(wrong.status == 401 && wrong.text.contains("三项重新输入"))
    #expect(!wrong.text.contains("breadth"), "a password is never shown")
    let good = try await bench.browse("POST", "/sign-in", nil, form: form)
    #expect(good.status == 303 && good.headers[.location] == "/funding", "\(good.text)")
    let cookie = try #require(good.headers[.setCookie])
    let token = try #require(OfficeToken.among(cookies: String(cookie.prefix { $0 != ";" })))
    #expect(try await bench.browse("GET", "/", token).status == 200)
    let out = try await bench.browse("POST", "/sign-out", token, form: "csrf=\(token.csrf)")
    #expect(out.status == 303)
    #expect(try await bench.browse("POST", "/sign-in", nil, form: "login=%").status == 400)
  }
}
