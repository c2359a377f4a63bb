import Foundation
import SyncTransport

/// Path and query of a page: what it is narrowed to stands in its address, so that a link is a view.
struct PageAddress: Sendable {
  let path: String
  let values: [String: String]
  /// Which table of the page is wanted as a file.
  let file: String?

  /// - Throws: ``Problem`` 400 for a name that the page does not have.
  init(_ page: PageName, query: some Sequence<(key: Substring, value: Substring)>) throws(Problem) {
    path = page.path
    var values: [String: String] = [:]
    var file: String?
    for (name, value) in query where !value.isEmpty {
      let name = String(name)
      guard name == "file" || page.filters.contains(name), values[name] == nil else {
        throw OfficeProblem.malformed.because("the page has no filter \(name.prefix(40))")
      }
      if name == "file" { file = String(value) } else { values[name] = String(value) }
    }
    (self.values, self.file) = (values, file)
  }

  /// The address without the wish for a file.
  var text: String { Self.text(path, values) }

  /// - Parameter values: Letters, digits and hyphens, as every filter has.
  static func text(_ path: String, _ values: [String: String]) -> String {
    guard !values.isEmpty else { return path }
    return path + "?"
      + values.sorted { $0.key < $1.key }.map { name, value in
        name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
      }.joined(separator: "&")
  }
}
