import Glibc
import SettlementCore
import SettlementStore

/// Who asks on the centre's own machine: the user whom the kernel names at the other end of the socket, or whose process
/// has opened the books.
package struct LocalCaller: Hashable, Sendable {
  /// As the kernel knows it (SO_PEERCRED, unix(7)).
  package let userID: UInt32
  /// Whom root says to be behind sudo. Nobody else is asked: root could be anybody anyway.
  package let behindSudo: UInt32?

  /// - Parameter sudo: What the caller says of itself; believed of root alone.
  package init(userID: UInt32, sudo: UInt32?) {
    self.userID = userID
    behindSudo = userID == 0 ? sudo : nil
  }

  /// Whoever runs this process.
  package static var own: LocalCaller {
    LocalCaller(userID: getuid(), sudo: sudo)
  }

  /// Who typed sudo, as it says in the environment; `nil`: nobody.
  static var sudo: UInt32? {
    getenv("SUDO_UID").flatMap { UInt32(String(cString: $0)) }
  }

  /// For the audit log: `local:1000`, and `local:0/1000` for somebody behind sudo.
  var word: String {
    "local:\(userID)" + (behindSudo.map { "/\($0)" } ?? "")
  }

  /// The user whose person is looked up.
  var effectiveUserID: UInt32 { behindSudo ?? userID }
}

extension BooksControl {
  /// Does something in the caller's name: the row of the audit log goes into the act's own transaction.
  func acting<Value: Sendable>(
    _ verb: String, on subject: String = "", body: [UInt8] = [], for people: [String] = [],
    _ act: () async throws(StoreError) -> Value
  ) async throws(ControlRefusal) -> Value {
    try await answer { () throws(StoreError) in
      // Behind the office's door the desk has written down who it is.
      guard let caller else { return try await act() }
      let entry = AuditEntry(caller.word, verb, on: subject, body: body)
      do throws(StoreError) {
        try await books.vouch(for: people, userID: caller.effectiveUserID)
      } catch {
        try await books.note(entry.with(.refused))
        throw error
      }
      return try await books.acting(entry, act)
    }
  }
}
