import Foundation

/// The laboratory's output, line by line: each step is seen as it happens, in a file too.
enum Console {
  static func say(_ text: String) {
    // A reader that went away does not stop an experiment.
    try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  }
}
