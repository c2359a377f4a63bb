/// A reader by the port that it is plugged into: bus and port chain, as in sysfs: `1-2`, `1-1.4`.
package struct ReaderID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let port: String

  package init(port: String) {
    self.port = port
  }

  package static func < (left: Self, right: Self) -> Bool { left.port < right.port }

  package var description: String { port }
}
