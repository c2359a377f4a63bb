/// Why a store did not do what it was asked.
package struct SQLError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Another process has it.
    case inUse
    /// The way to the server broke: what was sent last may or may not have been done.
    case disconnected
    /// It said no; the code tells why.
    case refused
  }

  package let kind: Kind
  /// The store's own: `SQLite 787`, `PostgreSQL 23503`.
  package let code: String
  package let message: String

  package init(_ kind: Kind, code: String, _ message: String) {
    self.kind = kind
    self.code = code
    self.message = message
  }
}
