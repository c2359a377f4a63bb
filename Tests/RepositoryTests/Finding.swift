import Foundation
import Testing

/// One place that breaks a rule, and what to do about it.
struct Finding: Equatable, Comparable, CustomStringConvertible {
  /// Relative to the top of the checkout.
  let path: String
  /// 1 or more.
  let line: Int
  let advice: String

  var description: String { "\(path):\(line): \(advice)" }

  static func < (left: Self, right: Self) -> Bool {
    (left.path, left.line, left.advice) < (right.path, right.line, right.advice)
  }
}

extension Sequence<Finding> {
  /// One failure for each finding, placed at the finding's own line.
  func report() {
    for finding in sorted() {
      let location = SourceLocation(
        fileID: "repository/" + finding.path, filePath: Checkout.top.path + "/" + finding.path,
        line: finding.line, column: 1)
      Issue.record(Comment(rawValue: finding.description), sourceLocation: location)
    }
  }
}
