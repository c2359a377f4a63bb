import Foundation
import Glibc

/// The text files of a checkout: of this one, or of a small bad example that a rule must report.
///
/// It asks the file system and `.gitignore`, not git: the rules also hold in an unpacked archive.
struct Checkout: Sendable {
  /// A text file.
  struct File: Sendable {
    /// Relative to the top of the checkout.
    let path: String
    let text: String

    /// The lines without their line breaks. The first is line 1.
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Numbered lines, the first being 1.
    var numberedLines: some Sequence<(Int, Substring)> { zip(1..., lines) }
  }

  /// Every text file, by path.
  let files: [File]
  /// The Swift files written by hand, taken apart.
  let swift: [SwiftSource]

  init(_ files: [File]) {
    self.files = files.sorted { $0.path < $1.path }
    swift = self.files
      .filter { $0.path.hasSuffix(".swift") && !$0.path.hasSuffix(".pb.swift") }
      .map(SwiftSource.init)
  }

  /// An example in memory, for the tests of the rules themselves.
  init(_ example: [String: String]) {
    self.init(example.map { File(path: $0.key, text: $0.value) })
  }

  /// The top of the checkout that this file was compiled from.
  static let top = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// This checkout, read once.
  static let here = Result { try Checkout(readingFrom: top) }

  /// Whether git would not track a file or folder of this name, by the patterns of `.gitignore`.
  ///
  /// Only what our `.gitignore` uses: patterns of a single name, a trailing `/`, no negation.
  static func isIgnored(_ name: String, by patterns: [String]) -> Bool {
    patterns.contains { fnmatch($0, name, 0) == 0 }
  }

  private init(readingFrom top: URL) throws {
    let ignored = try String(contentsOf: top.appending(path: ".gitignore"), encoding: .utf8)
      .split(separator: "\n").map { $0.hasSuffix("/") ? String($0.dropLast()) : String($0) }
    var files: [File] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: top.appending(path: folder).path)
      for name in names where name != ".git" && !Self.isIgnored(name, by: ignored) {
        let path = folder.isEmpty ? name : folder + "/" + name
        let url = top.appending(path: path)
        let kind = try FileManager.default.attributesOfItem(atPath: url.path)[.type]
        switch kind as? FileAttributeType {
        case .typeDirectory: folders.append(path)
        case .typeRegular: files += try Self.textFile(at: url, path: path).map { [$0] } ?? []
        default: break  // a link leads to a file that is visited by its own name
        }
      }
    }
    self.init(files)
  }

  /// - Returns: `nil` for a binary file: one with a zero byte, or not in UTF-8.
  private static func textFile(at url: URL, path: String) throws -> File? {
    let bytes = try Data(contentsOf: url)
    guard !bytes.contains(0), let text = String(bytes: bytes, encoding: .utf8) else { return nil }
    return File(path: path, text: text)
  }
}
