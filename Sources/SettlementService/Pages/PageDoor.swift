import Foundation
import HTTPListener
import HTTPTypes
import Hummingbird
import NIOCore
import OfficePages
import SettlementStore
import SyncTransport

/// The office's pages: the same people, sessions and judgements as the routes below `/v1`, drawn for a browser.
///
/// Nothing runs in the browser: no script is sent, and the policy allows none.
struct PageDoor: Sendable {
  private let door: OfficeDoor
  private let renderer = PageRenderer()

  /// A form is small.
  private static let formLimit = 16 * 1024

  init(_ door: OfficeDoor) {
    self.door = door
  }

  func add(to router: Router<ListenerContext>) {
    for page in PageName.allCases {
      router.get(RouterPath(page.path)) { request, context in
        await answer(request) { try await open(page, request, context) }
      }
    }
    router.get("/sign-in") { request, _ in
      await answer(request) {
        try checkHost(request)
        return signInPage(request, fault: nil)
      }
    }
    router.post("/sign-in") { request, context in
      await answer(request) { try await signIn(request, context) }
    }
    router.post("/sign-out") { request, context in
      await answer(request) { try await signOut(request, context) }
    }
    router.post("/proposal/approval") { request, context in
      await answer(request) { try await decide(.approve, request, context) }
    }
    router.post("/proposal/refusal") { request, context in
      await answer(request) { try await decide(.refuse, request, context) }
    }
    router.get("/language") { request, _ in await answer(request) { try choose(request) } }
    router.get("/style.css") { _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "max-age=3600"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: PageRenderer.style)))
    }
  }

  // MARK: - Reading

  private func open(
    _ page: PageName, _ request: Request, _ context: ListenerContext
  ) async throws -> Response {
    let caller = try await caller(request, context)
    let address = try PageAddress(page, query: request.uri.queryParameters)
    let reader = try await PageReader(door, caller.person, address)
    let shown = try await page.page(reader)
    if let file = address.file {
      guard let table = shown.tables.first(where: { $0.name == file }) else {
        throw OfficeProblem.notFound.because("the page has no table \(file.prefix(40))")
      }
      return self.file(table, Self.language(request))
    }
    var links: [PageFrame.Link] = []
    for other in PageName.allCases {
      guard let title = other.menu, try await reader.mayOpen(other) else { continue }
      links.append(PageFrame.Link(title, href: other.path, isHere: other == page))
    }
    return html(
      shown,
      PageFrame(
        Self.language(request), address: address.text, links: links, person: caller.person.name,
        csrf: caller.token?.csrf ?? ""))
  }

  private func file(_ table: PageTable, _ language: Language) -> Response {
    let bytes = CommaSeparatedText.file(
      table.lines(in: language).map { $0.map { CommaSeparatedText.field($0) } })
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/csv; charset=utf-8",
        .contentDisposition: "attachment; filename=\"\(table.name).csv\"",
      ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// - Throws: ``Problem`` 401 for nobody.
  private func caller(
    _ request: Request, _ context: ListenerContext, form: [String: String]? = nil
  ) async throws -> OfficeCaller {
    try checkHost(request)
    let address = context.peerAddress ?? "unknown"
    do {
      let caller = try await OfficeCaller.of(
        request, context, isUnsafe: form != nil, hosts: door.hosts, door.books,
        form: form.map { $0["csrf"] ?? "" })
      try door.rate.take(caller?.person.login ?? address)
      guard let caller else { throw OfficeProblem.notSignedIn.because("sign in first") }
      return caller
    } catch let problem as Problem where problem.status != 429 {
      try door.rate.take(address)
      throw problem
    }
  }

  private func checkHost(_ request: Request) throws(Problem) {
    guard door.hosts.has(request.head.authority) else {
      throw OfficeProblem.wrongHost.because(
        "this listener is \(door.hosts.names.joined(separator: ", "))")
    }
  }

  // MARK: - Acting

  private func decide(
    _ call: OfficeCall, _ request: Request, _ context: ListenerContext
  ) async throws -> Response {
    let form = try await self.form(of: request)
    let caller = try await caller(request, context, form: form)
    let number = form["number"] ?? ""
    let body =
      call == .refuse
      ? Array(try OfficeJSON.text(ReasonBody(reason: form["reason"] ?? "")).utf8) : []
    _ = try await door.answer(
      try OfficeRequest(call, values: ["number": number], body: body), for: caller.person)
    return Self.redirect(
      to: PageAddress.text(PageName.proposal.path, ["number": number]))
  }

  private func signIn(_ request: Request, _ context: ListenerContext) async throws -> Response {
    try checkHost(request)
    let form = try await self.form(of: request)
    guard OfficeCaller.isOwnPage(request, door.hosts) else {
      throw OfficeProblem.notAllowed.because("another site's page sent this: open this one")
    }
    let address = context.peerAddress ?? "unknown"
    try door.rate.take(address)
    do {
      let (token, _) = try await door.signInDesk.signIn(
        SignInBody(
          login: form["login"] ?? "", password: form["password"] ?? "", code: form["code"] ?? "",
          isProgram: nil), from: address)
      var response = Self.redirect(to: Self.ownPath(form["then"]) ?? "/")
      response.headers[.setCookie] = token.setCookie
      return response
    } catch let problem as Problem where problem.status == 401 || problem.status == 429 {
      var response = signInPage(request, fault: problem, then: form["then"])
      response.status = HTTPResponse.Status(code: problem.status)
      return response
    }
  }

  private func signOut(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let form = try await self.form(of: request)
    try await door.signOut(try await caller(request, context, form: form))
    var response = Self.redirect(to: "/sign-in")
    response.headers[.setCookie] = OfficeToken.clearCookie
    return response
  }

  private func choose(_ request: Request) throws -> Response {
    let values = Dictionary(
      request.uri.queryParameters.map { (String($0), String($1)) },
      uniquingKeysWith: { first, _ in first })
    guard let language = values["to"].flatMap({ Language(rawValue: $0) }) else {
      throw OfficeProblem.malformed.because("to is zh or en")
    }
    var response = Self.redirect(to: Self.ownPath(values["back"]) ?? "/")
    response.headers[.setCookie] =
      "\(Language.cookie)=\(language.rawValue); Path=/; Secure; SameSite=Lax; Max-Age=31536000"
    return response
  }

  /// The fields of a form (application/x-www-form-urlencoded, WHATWG URL, 5.1).
  ///
  /// - Throws: ``Problem`` 400 and 415, or what the listener throws.
  private func form(of request: Request) async throws -> [String: String] {
    let sent = request.headers[.contentType]?.split(separator: ";").first?
      .trimmingCharacters(in: .whitespaces).lowercased()
    guard sent == "application/x-www-form-urlencoded" else {
      throw OfficeProblem.mediaTypeUnsupported.because("send application/x-www-form-urlencoded")
    }
    let bytes = try await request.bytes(upTo: Self.formLimit)
    var fields: [String: String] = [:]
    for pair in String(decoding: bytes, as: UTF8.self).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { $0.replacing("+", with: " ").removingPercentEncoding }
      guard let name = decoded[0], let value = decoded.count > 1 ? decoded[1] : "",
        !value.unicodeScalars.contains("\0"), fields.updateValue(value, forKey: name) == nil
      else { throw OfficeProblem.malformed.because("the form cannot be read: send it again") }
    }
    return fields
  }

  // MARK: - Answers

  private func signInPage(
    _ request: Request, fault: Problem?, then: String? = nil
  ) -> Response {
    let then =
      then ?? request.uri.queryParameters["then"].map { String($0) }
    var parts: [Page.Part] = []
    if let fault {
      parts.append(
        .note(
          fault.status == 429
            ? Words("尝试过多，请稍后再试。", "Too many tries were wrong: come again later.")
            : Words(
              "用户名、密码或动态码有误，或动态码已用过：请等下一个动态码，三项重新输入。",
              "The name, the password or the code is wrong, or the code was used: wait for the next code, and type "
                + "all three again."), .attention))
    }
    parts.append(
      .form(
        PageForm(
          to: "/sign-in",
          [
            PageForm.Field("login", Words("用户名", "Sign-in name")),
            PageForm.Field("password", Words("密码", "Password"), .password),
            PageForm.Field("code", Words("动态码（六位）", "Code (six digits)"), .code),
            PageForm.Field(
              "then", Words(data: ""), .hidden, value: Self.ownPath(then) ?? "/"),
          ], Words("登录", "Sign in"))))
    return html(
      Page(Words("登录", "Sign in"), parts),
      PageFrame(Self.language(request), address: "/sign-in"))
  }

  private func html(_ page: Page, _ frame: PageFrame) -> Response {
    var response = Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Self.policy,
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: renderer.html(of: page, in: frame))))
    // With no-referrer a browser sends the origin null with a form, as for another site's page.
    if let field = HTTPField.Name("Referrer-Policy") { response.headers[field] = "same-origin" }
    return response
  }

  /// No script at all; one stylesheet, and forms that go to this listener.
  private static let policy =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  /// Every refusal as a page with the same words as for programs; who is nobody is led to the sign-in.
  private func answer(
    _ request: Request, _ body: () async throws -> Response
  ) async -> Response {
    do {
      return try await body()
    } catch {
      let problem = OfficeShape.problem(error, request)
      if problem.status == 401, request.method == .get {
        return Self.redirect(
          to: PageAddress.text(
            "/sign-in", Self.ownPath(request.uri.string).map { ["then": $0] } ?? [:]))
      }
      var response = html(
        Page(
          Words("没有完成", "Not done"),
          [
            .note(Self.words(for: problem), .attention),
            .facts([
              Page.Fact(Words("返回", "Back"), Words("首页", "Home"), href: "/")
            ]),
          ]), PageFrame(Self.language(request), address: "/"))
      response.status = HTTPResponse.Status(code: problem.status)
      if let seconds = problem.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
      return response
    }
  }

  /// What to do about a refusal; in English the detail says it.
  private static func words(for problem: Problem) -> Words {
    let advice =
      switch problem.status {
      case 403: "您的角色不能看或不能做这件事。如有需要，请向机关事务管理局申请。"
      case 404: "没有这个页面，请从栏目进入。"
      case 429: "请求过多，请稍后再试。"
      case 500...: "现在不能办理，请稍后再试，并告知系统运营单位。"
      default: "没有办理。原因："
      }
    return Words("\(advice)\n\(problem.detail)", problem.detail)
  }

  private static func redirect(to path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path])
  }

  private static func language(_ request: Request) -> Language {
    Language(cookies: request.headers[.cookie], accepted: request.headers[.acceptLanguage])
  }

  /// A path of this listener; `nil` for anything else that somebody may have put there.
  private static func ownPath(_ text: String?) -> String? {
    guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
      text.utf8.count < 2_000,
      text.unicodeScalars.allSatisfy({ $0.isASCII && $0.properties.generalCategory != .control })
    else { return nil }
    return text
  }
}

extension PageName {
  fileprivate func page(_ reader: PageReader) async throws -> Page {
    switch self {
    case .home: try await reader.home()
    case .funding: try await reader.funding()
    case .suspense: try await reader.suspense()
    case .terminals: try await reader.terminals()
    case .statements: try await reader.statements()
    case .statement: try await reader.statement()
    case .clearing: try await reader.clearing()
    case .payments: try await reader.payments()
    case .yearEnd: try await reader.yearEnd()
    case .meals: try await reader.meals()
    case .proposals: try await reader.proposals()
    case .proposal: try await reader.proposal()
    case .audit: try await reader.audit()
    }
  }
}
