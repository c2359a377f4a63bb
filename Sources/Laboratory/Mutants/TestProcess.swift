import Foundation

/// A program that is run many times over, two at once, and waited for.
///
/// Foundation's `Process` can miss the end of a child when others are started at the same moment, so this
/// one is spawned and waited for by the system's own calls.
struct TestProcess: Sendable {
  let path: String
  let arguments: [String]
  /// Added to that of this process.
  let environment: [String: String]
  /// It replaces what is there.
  let logPath: String

  /// - Parameters:
  ///   - limit: After this the program and what it started are killed.
  ///   - quiet: They are killed as soon as a test says that it failed, and after so long without a word;
  ///     `nil` when they are not.
  /// - Returns: The exit status; 128 and the signal's number when a signal ended it.
  func run(limit: Duration, quiet: Duration? = nil) async throws(LaboratoryError) -> Int32 {
    let status = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: spawn(limit: limit, quiet: quiet))
      }
    }
    guard let status else { throw .program("\(path) cannot be started") }
    return status
  }

  private func spawn(limit: Duration, quiet: Duration?) -> Int32? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, logPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let timeout = "/usr/bin/timeout"
    let words =
      [timeout, "--signal=KILL", "\(limit.components.seconds)", path] + arguments
    let settings = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .map { "\($0)=\($1)" }
    let argv = words.map { strdup($0) } + [nil]
    let envp = settings.map { strdup($0) } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var pid = pid_t()
    guard posix_spawn(&pid, timeout, &actions, nil, argv, envp) == 0 else { return nil }
    var status: Int32 = 0
    var said = (bytes: 0, at: ContinuousClock.now)
    while let quiet {
      let ended = waitpid(pid, &status, WNOHANG)
      if ended == pid { return Self.exit(status) }
      guard ended == 0 || errno == EINTR else { return nil }
      // `timeout` leads a group of its own.
      let log = FileManager.default.contents(atPath: logPath) ?? Data()
      if log.count > said.bytes { said = (log.count, .now) }
      if log.range(of: Data("✘".utf8)) != nil || said.at.duration(to: .now) > quiet {
        kill(-pid, SIGKILL)
      }
      usleep(10_000)
    }
    while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return nil } }
    return Self.exit(status)
  }

  private static func exit(_ status: Int32) -> Int32 {
    status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
  }
}
