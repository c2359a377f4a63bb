import Foundation

/// Runs a program to its end and returns what it printed.
enum ProgramOutput {
  /// - Parameter environment: Added to that of this process; `nil` removes a variable.
  /// - Throws: ``LaboratoryError/program(_:)`` when it cannot be started or does not exit with 0.
  static func of(
    _ path: String, _ arguments: [String], environment: [String: String?] = [:]
  ) throws(LaboratoryError) -> String {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    for (name, value) in environment { variables[name] = value }
    process.environment = variables
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    let text: String
    do {
      try process.run()
      text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    } catch {
      throw .program("\(path) cannot be run: \(error)")
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw .program(
        "\(path) \(arguments.joined(separator: " ")) exited with \(process.terminationStatus):\n\(text)"
      )
    }
    return text
  }
}
