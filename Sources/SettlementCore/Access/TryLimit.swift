/// How often somebody may be wrong: after some tries for nothing there is a rest, and it doubles with each more.
///
/// It remembers a bounded number of names, those of late longest: whoever invents names makes it forget old ones, and
/// never holds up more than the name that was tried. Times are milliseconds of any clock that never goes back.
package struct TryLimit: Sendable {
  private struct Record {
    var failures: Int
    var lastAt: Int64
  }

  private let free: Int
  private let room: Int
  private var recent: [String: Record] = [:]
  private var older: [String: Record] = [:]

  /// The first rest, in milliseconds.
  package static let firstRest: Int64 = 1_000
  /// The longest one, so that nobody is shut out for good by somebody who guesses: 5 minutes.
  package static let longestRest: Int64 = 300_000
  /// So long after the last failure all of them are forgotten: 1 hour.
  package static let memory: Int64 = 3_600_000

  /// - Parameters:
  ///   - free: How many failures there may be before the first rest. 0 or more.
  ///   - room: How many names are remembered at least. 1 or more.
  package init(free: Int, room: Int = 4_096) {
    precondition(free >= 0 && room >= 1, "a limit that remembers somebody")
    self.free = free
    self.room = room
  }

  /// In how many milliseconds a name may be tried again; `nil`: now.
  package func rest(of name: String, now: Int64) -> Int64? {
    guard let record = recent[name] ?? older[name], now - record.lastAt < Self.memory,
      record.failures > free
    else { return nil }
    let doublings = min(record.failures - free - 1, 20)
    let end = record.lastAt + min(Self.longestRest, Self.firstRest << Int64(doublings))
    return end > now ? end - now : nil
  }

  /// Somebody was wrong.
  package mutating func fail(_ name: String, now: Int64) {
    var record = recent[name] ?? older[name] ?? Record(failures: 0, lastAt: now)
    if now - record.lastAt >= Self.memory { record.failures = 0 }
    record.failures += 1
    record.lastAt = now
    if recent.count >= room, recent[name] == nil {
      older = recent
      recent = [:]
    }
    recent[name] = record
  }

  /// Somebody was right.
  package mutating func succeed(_ name: String) {
    recent[name] = nil
    older[name] = nil
  }
}
