import Foundation

/// What is in no file of the repository: places of one machine, unknown hosts, private keys.
enum PlainTextRule {
  /// Hosts that a file may name. Documentation and licences; nothing is fetched from them.
  static let hosts: Set = [
    "github.com", "www.swift.org", "www.apache.org", "www.sqlite.org", "www.freedesktop.org",
    "www.kernel.org", "docs.kernel.org", "www.rfc-editor.org", "www.usb.org", "keepachangelog.com",
    "www.w3.org", "localhost", "[::1]", "example.org", "centre.example.org",
    "canteen.example.org",
  ]

  /// Folders of one machine. In pieces, so that this file keeps its own rule.
  static let machineFolders = ["work", "home", "root"].map { "/" + $0 + "/" }

  static func findings(in checkout: Checkout) -> [Finding] {
    checkout.files.flatMap { file in
      file.numberedLines.flatMap { number, line in
        advice(on: line).map { Finding(path: file.path, line: number, advice: $0) }
      }
    }
  }

  private static func advice(on line: Substring) -> [String] {
    var advice: [String] = []
    for folder in machineFolders where names(folder, in: line) {
      advice.append("names \(folder), a place of one machine; make it relative or a setting")
    }
    if line.contains("://") {
      for match in line.matches(of: #/https?://([A-Za-z0-9.\-\[\]:]+)/#) {
        let host = String(match.1.replacing(#/:[0-9]*$/#, with: ""))
        // An address in digits is nobody's name: tests refuse such addresses.
        let isAddress = host.wholeMatch(of: #/[0-9.]+/#) != nil
        guard !hosts.contains(host), !isAddress else { continue }
        advice.append("names the host \(host); use a relative link, or allow it in PlainTextRule")
      }
    }
    if line.contains("PRIVATE KEY"), line.firstMatch(of: #/BEGIN [A-Z ]*PRIVATE KEY/#) != nil {
      advice.append("holds a private key; make it where it is used, and take this one out of use")
    }
    return advice
  }

  /// Whether a path begins with the folder here: not in the middle of a relative one.
  private static func names(_ folder: String, in line: Substring) -> Bool {
    line.ranges(of: folder).contains { range in
      let before = line[..<range.lowerBound].last
      return before.map { !$0.isLetter && !$0.isNumber && !"._-}".contains($0) } ?? true
    }
  }
}
