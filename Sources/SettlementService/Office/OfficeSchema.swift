/// The forms of what is sent and answered, as the document names them.
package enum OfficeSchema: String, CaseIterable, Sendable {
  case signIn = "SignIn"
  case newPassword = "NewPassword"
  case terminal = "Terminal"
  case grant = "Grant"
  case reason = "Reason"
  case session = "Session"
  case proposal = "Proposal"
  case progress = "Progress"
  case page = "Page"
  case list = "List"
  case anything = "Anything"
  case match = "Match"
  case seen = "Seen"
  case bearer = "Bearer"
  case officialMeal = "OfficialMeal"
  /// Comma-separated values, and bytes: no JSON.
  case csv = "Csv"
  case file = "File"

  /// Of an answer.
  package var mediaType: String {
    switch self {
    case .csv: "text/csv; charset=utf-8"
    case .file: "application/octet-stream"
    default: "application/json"
    }
  }
}

/// `POST /v1/session`.
struct SignInBody: Codable, Sendable {
  let login: String
  let password: String
  /// Six digits.
  let code: String
  /// `true`: a program, which is given a token and no cookie.
  let isProgram: Bool?
}

/// `POST /v1/session/password`.
struct NewPasswordBody: Codable, Sendable {
  let password: String
  let newPassword: String
}

/// `POST /v1/terminals`.
struct TerminalBody: Codable, Sendable {
  let name: String
  let canteen: UInt32
  let pullURL: String?
}

/// `POST /v1/people/{login}/grants`.
struct GrantBody: Codable, Sendable {
  let role: String
  let scope: String
}

/// `POST /v1/proposals/{number}/refusal`.
struct ReasonBody: Codable, Sendable {
  let reason: String
}

/// `POST /v1/bank-lines/{account}/purpose`.
struct MatchBody: Codable, Sendable {
  /// The bank's own number of the line.
  let reference: String
  /// An account of the ledger, such as `funded:12`.
  let purpose: String
}

/// `POST /v1/suspense/{number}/{id}`.
struct BearerBody: Codable, Sendable {
  /// `asRecorded`, `fee` or `diner:17`.
  let bearer: String
}

/// `POST /v1/quarters/{quarter}/statements/{canteen}/approval`.
struct SeenBody: Codable, Sendable {
  /// Of the draft that was looked at: 64 hexadecimal digits.
  let digest: String
}

/// Who is signed in.
struct SessionAnswer: Codable, Sendable {
  let login: String
  let name: String
  /// Each a role, an at sign and a scope.
  let grants: [String]
  /// What an unsafe request shows in X-Canteen-CSRF beside the cookie; `nil` without a cookie.
  let csrf: String?
  /// For a program; `nil` for a browser.
  let token: String?
}
