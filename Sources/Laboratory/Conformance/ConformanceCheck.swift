/// A section of `docs/integration.md`, by its heading: what a failed check sends its reader to.
enum ContractSection: String, CaseIterable, Sendable {
  case joining = "Joining"
  case whoMayAsk = "Who may ask"
  case batches = "Batches and acks"
  case copies = "Gaps, forks and copies"
  case epochs = "Epochs"
  case feed = "The feed"
  case holds = "Holds and refunds"
  case certificates = "New certificates"
  case forms = "Forms"
  case refusals = "Refusals"
  case limits = "Limits"
}

/// What a centre should have done, and what it did.
struct Nonconformity: Error, CustomStringConvertible {
  let expected: String
  let came: String

  var description: String { "expected \(expected); came \(came)" }
}

/// One thing that a centre must do, and how it is tried.
struct ConformanceCheck: Sendable {
  let name: String
  let section: ContractSection
  /// Whether those behind it cannot be tried without it.
  let isNeeded: Bool
  /// - Throws: ``Nonconformity``; what the link throws counts as one.
  let run: @Sendable (ConformanceTerminal) async throws -> Void

  init(
    _ name: String, _ section: ContractSection, isNeeded: Bool = false,
    _ run: @escaping @Sendable (ConformanceTerminal) async throws -> Void
  ) {
    self.name = name
    self.section = section
    self.isNeeded = isNeeded
    self.run = run
  }

  /// In the order in which they are tried: later ones build on what earlier ones left at the centre.
  static let all: [ConformanceCheck] =
    joining + batches + forms + refusals + feed + holds + limits + copies + epochs + certificates
}
