import Foundation

/// The centre of the integration guide, in a folder of its own. Debian's Python runs it, which has its
/// `python3-cryptography`.
final class PythonCentre: Sendable {
  private static let python = "/usr/bin/python3"
  static let terminalNumber = 3

  /// Where it keeps its keys and books.
  let state: String
  private let folder: String
  private let program: String
  let port: Int

  /// - Parameters:
  ///   - folder: Made new; what is in it is removed.
  ///   - repository: Where `docs/python` is.
  ///   - fault: Plants a mistake.
  init(folder: String, repository: String, fault: FaultyCentre? = nil) throws {
    self.folder = folder
    program =
      fault == nil
      ? "\(repository)/docs/python/centre.py" : "\(repository)/Scripts/faulty-centre.py"
    state = "\(folder)/state"
    environment = [
      "CENTRE_STATE": state, "LD_PRELOAD": "",
      "PYTHONDONTWRITEBYTECODE": "1", "CENTRE_FAULT": fault?.rawValue ?? "",
    ]
    if FileManager.default.fileExists(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder)
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    port = try FreePort.find()
  }

  private let environment: [String: String]

  /// Runs a command of it to its end.
  @discardableResult
  func run(_ arguments: String...) throws(LaboratoryError) -> String {
    try ProgramOutput.of(
      Self.python, [program] + arguments, environment: environment.mapValues(Optional.some))
  }

  /// The token by which its terminal joins.
  func token() throws(LaboratoryError) -> String {
    try run("token", "\(Self.terminalNumber)", "窗口")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Starts it, and waits until it listens.
  func start() async throws -> RunningProgram {
    let running = try RunningProgram(
      Self.python, [program, "serve", "127.0.0.1", "\(port)"], environment: environment,
      logPath: "\(folder)/centre.log")
    do {
      try await Patience.until("the centre of the guide listens", within: .seconds(20)) {
        running.lastWords().contains("the centre listens")
      }
    } catch {
      Console.say(running.lastWords())
      await Self.end(running)
      throw error
    }
    return running
  }

  /// Ends it. What it answered is on disk, and it would not hear a gentler signal: a child of this process begins
  /// with all of them blocked, and Python leaves that so.
  static func end(_ running: RunningProgram) async {
    running.signal(SIGKILL)
    _ = await running.wait()
  }
}
