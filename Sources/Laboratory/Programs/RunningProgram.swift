import Foundation
import Synchronization

/// A program that runs beside the laboratory until it is stopped or killed. Its output goes to a file.
final class RunningProgram: Sendable {
  let name: String
  /// Everything that the program printed.
  let logPath: String
  let pid: pid_t
  private let exit: AsyncStream<Int32>
  private let status = Mutex<Int32?>(nil)

  /// - Parameters:
  ///   - environment: Added to that of this process.
  ///   - logPath: Appended to, so that restarts of one program share a file.
  init(
    _ path: String, _ arguments: [String], environment: [String: String], logPath: String
  ) throws(LaboratoryError) {
    name = URL(filePath: path).lastPathComponent
    self.logPath = logPath
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    do {
      let descriptor = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw LaboratoryError.program("\(logPath) cannot be written: errno \(errno)")
      }
      let log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      process.standardOutput = log
      process.standardError = log
      let (exit, continuation) = AsyncStream.makeStream(of: Int32.self)
      process.terminationHandler = { ended in
        continuation.yield(
          ended.terminationReason == .uncaughtSignal
            ? 128 + ended.terminationStatus : ended.terminationStatus)
        continuation.finish()
      }
      try process.run()
      self.exit = exit
      pid = process.processIdentifier
    } catch {
      throw .program("\(path) cannot be started: \(error)")
    }
  }

  /// Sends a signal. A program that has ended does not mind.
  func signal(_ number: Int32) {
    kill(pid, number)
  }

  /// Waits for the end.
  ///
  /// - Returns: The exit status; 128 and the signal's number when a signal ended it.
  func wait() async -> Int32 {
    if let known = status.withLock({ $0 }) { return known }
    for await code in exit {
      status.withLock { $0 = code }
    }
    return status.withLock { $0 } ?? -1
  }

  /// Asks the program to stop, and insists after five seconds.
  func stop() async {
    signal(SIGTERM)
    let insistence = Task {
      try await Task.sleep(for: .seconds(5))
      signal(SIGKILL)
    }
    _ = await wait()
    insistence.cancel()
  }

  /// The last lines of the log, for an error message.
  func lastWords(_ lines: Int = 15) -> String {
    // A log that cannot be read leaves the message without it.
    let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
  }
}
