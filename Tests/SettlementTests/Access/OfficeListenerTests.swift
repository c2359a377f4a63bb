import CanteenModel
import Foundation
import LinkSecurity
import SettlementCore
import SettlementStore
import SyncProtocol
import SyncTransport
import Testing

@testable import SettlementService

@Suite(.timeLimit(.minutes(5))) struct OfficeListenerTests {
  /// Some of the routes at a time: whoever asks so often is turned away.
  @Test("who shows nothing is asked to sign in, whatever the route", arguments: 0..<5)
  func stranger(part: Int) async throws {
    try await OfficeSite.run { site in
      let routes = OfficeCall.allCases.filter { $0 != .signIn && $0 != .health }
      for (index, call) in routes.enumerated() where index % 5 == part {
        let (path, body, type) = call.sample
        let answer = try await site.ask(call.route.method.rawValue, path, body, type: type)
        #expect(answer.status == 401, "\(call)")
        let guessed = try await site.ask(
          call.route.method.rawValue, path, as: OfficeToken(), body, type: type)
        #expect(guessed.status == 401, "\(call)")
      }
      #expect(try await site.ask("GET", "/healthz").status == 200)
      #expect(try await site.ask("GET", "/v1/nothing").status == 404)
      let wrong = try await site.ask("PATCH", "/v1/terminals/7/retirement")
      #expect(wrong.status == 405 && wrong.field("Allow") == "POST")
    }
  }

  @Test("a password and a code sign in, once; whatever is wrong is told in the same words")
  func signIn() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.bureau, .everything))
      let unknown = try await site.signIn("nobody")
      let password = try await site.signIn("li", "another password of some length")
      let code = try await site.signIn("li", code: "000000x")
      for answer in [unknown, password, code] {
        #expect(answer.status == 401)
        #expect(answer.text == unknown.text)
      }
      let now = site.code.code(at: CentreFixture.now() / OneTimeCode.stepLength)
      let good = try await site.signIn("li", code: now)
      #expect(good.status == 200, "\(good.text)")
      let cookie = try #require(good.field("Set-Cookie"))
      for word in ["__Host-canteen=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        #expect(cookie.contains(word))
      }
      #expect(good.field("X-Content-Type-Options") == "nosniff")
      #expect(good.field("Content-Security-Policy")?.contains("default-src 'none'") == true)
      #expect(try await site.signIn("li", code: now).text == unknown.text, "the same code again")
      let outcomes = try await site.centre.books.auditLines(behind: 0).map(\.outcome)
      #expect(outcomes == ["refused", "refused", "refused", "done", "refused", "refused"])
    }
  }

  @Test("guessing has to rest")
  func throttle() async throws {
    try await OfficeSite.run { site in
      try await site.add("li")
      var answer = try await site.signIn("li", "another password of some length")
      var tries = 1
      while answer.status == 401, tries < 12 {
        answer = try await site.signIn("li", "another password of some length")
        tries += 1
      }
      #expect(answer.status == 429 && tries > 5)
      #expect(answer.retryAfter.map { $0 >= 1 } == true)
    }
  }

  private static func cookie(_ token: OfficeToken) -> (String, String) {
    ("Cookie", "\(OfficeToken.cookie)=\(token.text)")
  }

  @Test("another site's page cannot act in somebody's name")
  func forgery() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.systemOperator, .everything))
      let token = try await site.token(of: "li")
      let body = #"{"name":"一号窗口","canteen":0}"#
      let csrf = ("X-Canteen-CSRF", token.csrf)
      func add(_ fields: (String, String)...) async throws -> Int {
        try await site.ask(
          "POST", "/v1/terminals", body, fields: [Self.cookie(token)] + fields
        ).status
      }
      #expect(try await add() == 403)
      #expect(try await add(("X-Canteen-CSRF", OfficeToken().csrf)) == 403)
      #expect(try await add(csrf, ("Origin", "https://canteen.example.org")) == 403)
      #expect(try await add(csrf, ("Origin", "null")) == 403)
      #expect(try await add(csrf) == 200)
      #expect(try await add(csrf, ("Origin", "https://127.0.0.1:\(site.centre.officePort)")) == 200)
      let own = try await site.ask("GET", "/v1/session", fields: [Self.cookie(token)])
      #expect(own.text.contains(token.csrf))
      #expect(
        try await site.ask("GET", "/healthz", fields: [("Host", "canteen.example.org")]).status
          == 421)
    }
  }

  @Test("what two people must do is proposed by one and approved by another one, once")
  func twoPeople() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.systemOperator, .everything), Grant(.bureau, .everything))
      try await site.add("wang", Grant(.bureau, .everything))
      try await site.add("sun", Grant(.audit, .everything))
      let (li, wang, sun) = (
        try await site.token(of: "li"), try await site.token(of: "wang"),
        try await site.token(of: "sun")
      )
      let proposal = try await site.ask(
        "PUT", "/v1/accounts", as: li, SettlementFixture.accounts, type: "text/csv")
      #expect(proposal.status == 201, "\(proposal.text)")
      #expect(proposal.text.contains(#""preview":"{\"added\":2,\"changed\":0,\"unchanged\":0}""#))
      func approve(_ token: OfficeToken) async throws -> RawAnswer {
        try await site.ask("POST", "/v1/proposals/1/approval", as: token)
      }
      #expect(try await approve(li).status == 403)
      #expect(try await approve(sun).status == 403)
      #expect(try await site.centre.books.count("SELECT COUNT(*) FROM account") == 0)
      let done = try await approve(wang)
      #expect(done.status == 200 && done.text == #"{"added":2,"changed":0,"unchanged":0}"#)
      #expect(try await approve(wang).status == 400)
      #expect(try await site.ask("POST", "/v1/proposals/9/approval", as: wang).status == 400)
      let log = try await site.ask("GET", "/v1/audit", as: sun)
      #expect(log.text.contains("proposal 1 of li"))
      #expect(try await site.centre.books.verifyAudit().number > 3)
    }
  }

  @Test("who proposed it and may no more takes the proposal along")
  func withdrawnRole() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.systemOperator, .everything))
      try await site.add("wang", Grant(.bureau, .everything))
      let (li, wang) = (try await site.token(of: "li"), try await site.token(of: "wang"))
      let proposal = try await site.ask(
        "PUT", "/v1/accounts", as: li, SettlementFixture.accounts, type: "text/csv")
      #expect(proposal.status == 201)
      let gone = try await site.ask(
        "POST", "/v1/people/li/grants/withdrawal", as: wang,
        #"{"role":"systemOperator","scope":"everything"}"#)
      #expect(gone.status == 200)
      let answer = try await site.ask("POST", "/v1/proposals/1/approval", as: wang)
      #expect(answer.status == 400 && answer.text.contains("may not any more"))
      let refused = try await site.ask(
        "POST", "/v1/proposals/1/refusal", as: wang, #"{"reason":"重来"}"#)
      #expect(refused.status == 200 && refused.text.contains(#""state":"refused""#))
    }
  }

  @Test("a program calls with its certificate, until another one takes its place")
  func certificate() async throws {
    try await OfficeSite.run { site in
      let books = site.centre.books
      _ = try await books.addPerson("bank", name: "建设银行")
      _ = try await books.setGrant(Grant(.bank, .everything), of: "bank", isGranted: true)
      let (authority, key) = (try site.centre.authority, LinkKey())
      func certified() async throws -> LinkIdentity {
        let certificate = try authority.certificate(
          for: .person("bank"), request: try key.certificateRequest(), now: CentreFixture.now())
        _ = try await books.setCertificate(of: "bank", serial: certificate.serial)
        return LinkIdentity(key: key, certificate: certificate, anchor: authority.anchor)
      }
      let first = try await certified()
      #expect(try await site.ask("GET", "/v1/report", showing: first).status == 200)
      #expect(try await site.ask("GET", "/v1/holds", showing: first).status == 403)
      let body = #"{"name":"一号窗口","canteen":0}"#
      #expect(
        try await site.ask(
          "POST", "/v1/terminals", body, fields: [("Sec-Fetch-Site", "cross-site")],
          showing: first
        ).status == 403)
      #expect(try await site.ask("POST", "/v1/terminals", body, showing: first).status == 200)
      let second = try await certified()
      #expect(try await site.ask("GET", "/v1/report", showing: first).status == 401)
      #expect(try await site.ask("GET", "/v1/report", showing: second).status == 200)
      let terminal = try site.centre.identity(of: TerminalID(1))
      #expect(try await site.ask("GET", "/v1/report", showing: terminal).status == 401)
    }
  }

  @Test("the own password is changed by who knows it, and every session ends")
  func password() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.audit, .everything))
      let token = try await site.token(of: "li")
      func change(_ old: String, _ new: String) async throws -> Int {
        try await site.ask(
          "POST", "/v1/session/password", as: token,
          #"{"password":"\#(old)","newPassword":"\#(new)"}"#
        ).status
      }
      #expect(try await change("wrong", "another password of some length") == 400)
      #expect(try await change(OfficeSite.password, "short") == 400)
      #expect(try await change(OfficeSite.password, "another password of some length") == 200)
      #expect(try await site.ask("GET", "/v1/session", as: token).status == 401)
    }
  }

  @Test("a long file comes in parts, and is one proposal")
  func parts() async throws {
    try await OfficeSite.run { site in
      try await site.add("li", Grant(.systemOperator, .everything))
      let li = try await site.token(of: "li")
      let file = SettlementFixture.accounts
      let middle = file.index(file.startIndex, offsetBy: 70)
      let pieces = [String(file[..<middle]), String(file[middle...])]
      for (index, piece) in pieces.enumerated().reversed() {
        let part = try await site.ask(
          "PUT",
          "/v1/imports/staff/parts/\(index + 1)?sha256=\(Digest32(sha256: Array(piece.utf8)))",
          as: li, piece, type: "application/octet-stream")
        #expect(part.status == 200, "\(part.text)")
      }
      #expect(try await site.ask("GET", "/v1/imports/staff", as: li).text.contains("[1,2]"))
      let whole = Digest32(sha256: Array(file.utf8))
      let cut = try await site.ask(
        "POST", "/v1/imports/staff/accounts?sha256=\(Digest32.zero)", as: li)
      #expect(cut.status == 400)
      let proposal = try await site.ask(
        "POST", "/v1/imports/staff/accounts?sha256=\(whole)", as: li)
      #expect(proposal.status == 201 && proposal.text.contains("added"), "\(proposal.text)")
    }
  }
}
