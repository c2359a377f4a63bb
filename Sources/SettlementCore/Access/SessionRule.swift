/// How long somebody who signed in stays so. Times are Unix time in milliseconds.
package enum SessionRule {
  /// So long without a request ends it: 15 minutes.
  package static let idle: Int64 = 15 * 60_000
  /// So long after it began it ends in any case: 12 hours.
  package static let absolute: Int64 = 12 * 3_600_000
  /// A use is written down when the last one that was is so old, so that reading a page is not writing: 1 minute.
  package static let useStep: Int64 = 60_000

  /// Whether a session is good at a moment.
  package static func isOpen(created: Int64, used: Int64, now: Int64) -> Bool {
    #if SEEDED_BUGS
      if SeededAccessBug.planted == .sessionNeverIdles { return now - created < absolute }
    #endif
    return now - used < idle && now - created < absolute
  }
}

/// What people may be called where they sign in: 2 to 32 small letters, digits, dots and hyphens, the first a letter.
package enum LoginName {
  /// Whether somebody may be called so. Nothing longer than 32 bytes is.
  package static func isGood(_ login: String) -> Bool {
    let bytes = Array(login.utf8)
    guard (2...32).contains(bytes.count), let first = bytes.first,
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
    else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
