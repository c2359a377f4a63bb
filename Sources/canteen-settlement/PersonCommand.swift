import ArgumentParser
import Foundation
import SettlementService

/// Who may sign in at the office's listener, and as what.
struct PersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "Say who may sign in, and what they may do.",
    discussion: """
      The first people come from here: whoever owns the machine says who they are, and the audit log says so. \
      docs/access.md lists the roles, what each may do, and how far each reaches.
      Example: canteen-settlement person add li.wei 李伟; person grant li.wei bureau everything; person reset li.wei
      """,
    subcommands: [
      Add.self, GrantRole.self, Withdraw.self, Reset.self, Disable.self, Enable.self,
      User.self, Certificate.self, List.self,
    ], defaultSubcommand: List.self)

  /// Orders it, and prints what is answered.
  static func order(_ order: LocalOrder, _ settings: SettingsFile) async throws {
    let lines = try await settings.asking { control in try await control.office(order) }
    for line in lines { print(line) }
  }

  /// A sign-in name.
  struct Login: ParsableArguments {
    @OptionGroup var settings: SettingsFile
    @Argument(help: "The sign-in name: small letters, digits, dots and hyphens.") var login: String
  }

  /// A role and how far it reaches.
  struct RoleArguments: ParsableArguments {
    @OptionGroup var who: Login
    @Argument(help: "bureau, audit, systemOperator, unitAdministrator, …") var role: String
    @Argument(help: "everything, or region, unit, canteen, caterer, account and a number: unit:7.")
    var scope: String
  }

  /// Adds somebody.
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add somebody, who may do nothing yet.",
      discussion: "Example: canteen-settlement person add li.wei 李伟")

    @OptionGroup var who: Login
    @Argument(help: "The name of the person.") var name: String

    func run() async throws {
      try await PersonCommand.order(.add(login: who.login, name: name), who.settings)
    }
  }

  /// Gives a role.
  struct GrantRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "grant", abstract: "Give somebody a role.",
      discussion: "Example: canteen-settlement person grant li.wei unitAdministrator unit:7")

    @OptionGroup var arguments: RoleArguments

    func run() async throws {
      try await PersonCommand.order(
        .grant(login: arguments.who.login, role: arguments.role, scope: arguments.scope),
        arguments.who.settings)
    }
  }

  /// Takes a role away.
  struct Withdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a role away.",
      discussion: "Example: canteen-settlement person withdraw li.wei unitAdministrator unit:7")

    @OptionGroup var arguments: RoleArguments

    func run() async throws {
      try await PersonCommand.order(
        .withdraw(login: arguments.who.login, role: arguments.role, scope: arguments.scope),
        arguments.who.settings)
    }
  }

  /// Says who a user of the machine is.
  struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say which user of this machine somebody is.",
      discussion: """
        From the first one on, whoever stands for an act that is typed at this machine is a person of this list, and one \
        of them types it.
        Example: canteen-settlement person user li.wei 1000
        """)

    @OptionGroup var who: Login
    @Argument(help: "The user's number (id -u), or none.") var user: String

    func run() async throws {
      let userID = UInt32(user)
      guard userID != nil || user == "none" else {
        throw ValidationError("\(user) is no user's number: id -u says it")
      }
      try await PersonCommand.order(.user(login: who.login, userID: userID), who.settings)
    }
  }

  /// Makes a password and a secret for codes.
  struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a password and a secret for codes, and print them once.",
      discussion: """
        Whoever is signed in under the name is so no more.
        Example: canteen-settlement person reset li.wei
        """)

    @OptionGroup var who: Login

    func run() async throws {
      try await PersonCommand.order(.reset(login: who.login), who.settings)
    }
  }

  /// Shuts somebody out.
  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shut somebody out at once.",
      discussion: "Example: canteen-settlement person disable li.wei")

    @OptionGroup var who: Login

    func run() async throws {
      try await PersonCommand.order(.disable(login: who.login), who.settings)
    }
  }

  /// Lets somebody in again.
  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let somebody in again.",
      discussion: "Example: canteen-settlement person enable li.wei")

    @OptionGroup var who: Login

    func run() async throws {
      try await PersonCommand.order(.enable(login: who.login), who.settings)
    }
  }

  /// Signs a certificate for a program.
  struct Certificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign a certificate with which a program calls without a password.",
      discussion: """
        The one before is then good no more. It is good for 90 days.
        Example: openssl ecparam -name prime256v1 -genkey -noout -out bank.key; openssl req -new -key bank.key \
        -subj /CN=bank -outform DER -out bank.csr; canteen-settlement person certificate bank bank.csr
        """)

    @OptionGroup var who: Login
    @Argument(help: "A request of PKCS #10 in DER, for a key of P-256.", completion: .file())
    var request: String

    func run() async throws {
      let bytes = try Data(contentsOf: URL(filePath: request))
      try await PersonCommand.order(
        .certify(login: who.login, request: Array(bytes)), who.settings)
    }
  }

  /// Lists them.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List who may sign in, and as what.",
      discussion: "Example: canteen-settlement person list")

    @OptionGroup var settings: SettingsFile

    func run() async throws { try await PersonCommand.order(.people, settings) }
  }
}

/// The log of who did what.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Read the audit log, and prove it.",
    subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

  /// Lists it.
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the audit log, a thousand rows behind a number.",
      discussion: "Example: canteen-settlement audit list --behind 1000")

    @OptionGroup var settings: SettingsFile
    @Option(help: "The number of the last row that is known already.") var behind: Int64 = 0

    func run() async throws { try await PersonCommand.order(.audit(behind: behind), settings) }
  }

  /// Proves it.
  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reckon the whole audit log again.",
      discussion: """
        Without what was noted down before it cannot tell that its end was cut off, or all of it made anew.
        Example: canteen-settlement audit verify --noted 1204:5f1e…
        """)

    @OptionGroup var settings: SettingsFile
    @Option(help: "NUMBER:DIGEST, as this command printed it before.") var noted: String?

    func run() async throws {
      let parts = noted?.split(separator: ":").map(String.init) ?? []
      let number = parts.first.flatMap { Int64($0) } ?? 0
      guard noted == nil || (parts.count == 2 && number > 0) else {
        throw ValidationError("--noted is NUMBER:DIGEST, as this command printed it before")
      }
      try await PersonCommand.order(
        .verifyAudit(number: number, digest: parts.last ?? ""), settings)
    }
  }
}

/// Who may do what, for docs/access.md and docs/openapi-office.json.
struct AccessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "access", abstract: "Print who may do what.",
    discussion: "Example: canteen-settlement access >docs/access.md")

  @Flag(name: .customLong("openapi"), help: "Print the OpenAPI document of the office's listener.")
  var isOpenAPI = false

  func run() async throws {
    print(isOpenAPI ? try OfficeDocument.openAPI() : OfficeDocument.access(), terminator: "")
  }
}
