/// A reader that the code knows is also one that the system lets us open, that the notes explain, and for
/// which an evidence folder stands.
///
/// The code names a reader by its USB ids in `Sources/Readers`: `vendor: 0x072F, product: 0x2200`
/// or `card(0x072F, 0x2200, …)` in Swift, or `072F:2200` in the README of its family.
enum ReaderListRule {
  static let rulesFolder = "udev-rules/"
  static let notes = "firmware-notes.md"
  static let evidence = "Tests/ReadersTests/Fixtures/"

  static func findings(in checkout: Checkout) -> [Finding] {
    let readers = readers(in: checkout)
    let rules = checkout.files.filter { $0.path.hasPrefix(rulesFolder) }
      .map { $0.text.lowercased() }.joined()
    let described = checkout.files.first { $0.path == notes }?.text.uppercased() ?? ""
    let proven = checkout.files
      .filter { $0.path.hasPrefix(evidence) && $0.path.hasSuffix("/README.md") }
      .map { $0.text.uppercased() }.joined()
    var findings: [Finding] = []
    for (place, id) in readers {
      let vendor = "attr{idvendor}==\"\(id.prefix(4).lowercased())\""
      let product = "attr{idproduct}==\"\(id.suffix(4).lowercased())\""
      let isAllowed = rules.split(separator: "\n").contains {
        $0.contains(vendor) && $0.contains(product)
      }
      if !isAllowed {
        findings.append(
          place.advising("\(id) has no line in \(rulesFolder); canteend may not open it"))
      }
      if !described.contains(id) {
        findings.append(place.advising("\(id) is not in \(notes); write down what it is"))
      }
      if !proven.contains("- `\(id)`") {
        findings.append(
          place.advising("\(id) is in no README under \(evidence); which folder stands for it?"))
      }
    }
    return findings
  }

  /// Every reader that the code names, where it does so first.
  private static func readers(in checkout: Checkout) -> [(Finding, String)] {
    var seen: Set<String> = []
    var readers: [(Finding, String)] = []
    for file in checkout.files where file.path.hasPrefix("Sources/Readers/") {
      for (number, line) in file.numberedLines {
        for id in ids(in: line) where seen.insert(id).inserted {
          readers.append((Finding(path: file.path, line: number, advice: ""), id))
        }
      }
    }
    return readers
  }

  private static func ids(in line: Substring) -> [String] {
    let labelled = #/vendor\w*:\s*0x([0-9A-Fa-f]{4}),\s*product\w*:\s*0x([0-9A-Fa-f]{4})\b/#
    let listed = #/\b(?:card|scanner|bridge)\(0x([0-9A-Fa-f]{4}), 0x([0-9A-Fa-f]{4})\b/#
    let paired = #/\b([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})\b/#
    let matches =
      line.matches(of: labelled.ignoresCase()).map { ($0.1, $0.2) }
      + line.matches(of: listed).map { ($0.1, $0.2) }
      + line.matches(of: paired).map { ($0.1, $0.2) }
    return matches.map { "\($0):\($1)".uppercased() }
  }
}

extension Finding {
  fileprivate func advising(_ advice: String) -> Finding {
    Finding(path: path, line: line, advice: advice)
  }
}
