import Glibc

/// How many connections the centre keeps open at once.
///
/// Each of 10,000 terminals may wait for news on one, and settle on it. systemd's own limit for a service is 1024
/// descriptors; the shipped unit asks for more (`LimitNOFILE`).
enum ConnectionRoom {
  private static let most = 12_000
  /// The books, the log, the local socket with its callers, and the visits to terminals.
  private static let otherDescriptors = 256
  private static let least = 16

  /// As many as the process may have descriptors for.
  static var now: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return least }
    return room(descriptors: Int(clamping: limit.rlim_cur))
  }

  static func room(descriptors: Int) -> Int {
    min(most, max(least, descriptors - otherDescriptors))
  }
}
