import ArgumentParser
import Foundation

/// A file that is imported.
struct ImportFile: ParsableArguments {
  @Argument(help: "The file.", completion: .file()) var path: String

  /// The file's bytes.
  func read() throws -> [UInt8] {
    guard let file = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) cannot be read: is the path right, and may you read it?")
    }
    return Array(file)
  }
}
