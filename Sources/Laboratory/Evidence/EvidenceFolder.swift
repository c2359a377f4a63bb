import CanteenModel
import Foundation
import VirtualReaders

/// What is kept of one device, so that a report from the field becomes a test: its descriptors, what went
/// over the wire, and what the driver must make of it.
struct EvidenceFolder {
  /// Where the bytes come from.
  enum Provenance: String, CaseIterable {
    case captured, computed

    var words: String {
      switch self {
      case .captured: "captured from a device"
      case .computed:
        "computed: recorded from the laboratory's model of the device, so it proves agreement with "
          + "ourselves only"
      }
    }
  }

  let model: String
  let identifier: String
  let role: String
  let speech: String
  let provenance: Provenance
  /// Device descriptor (18 bytes) and configuration, as sysfs has them.
  let descriptors: [UInt8]
  let script: TrafficScript
  let events: [String]

  /// `072f-2200-acs-acr122u`.
  var name: String {
    let words = model.lowercased().split { !$0.isLetter && !$0.isNumber }
    return identifier.lowercased().replacing(":", with: "-") + "-" + words.joined(separator: "-")
  }

  /// Writes the four files; what stood in them before is lost, other files stay.
  func write(into parent: String) throws {
    let folder = "\(parent)/\(name)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let files = [
      "README.md": readme, "traffic.txt": script.text,
      "descriptors.txt": """
      device \(Hexadecimal.text(Array(descriptors.prefix(18))))
      configuration \(Hexadecimal.text(Array(descriptors.dropFirst(18))))

      """,
      "expected.txt": events.joined(separator: "\n") + "\n",
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }
  }

  private var readme: String {
    """
    # \(model), \(identifier)

    A \(role) that speaks \(speech). Provenance: \(provenance.rawValue).

    | file | what | provenance |
    |---|---|---|
    | `descriptors.txt` | device and configuration descriptor | \(provenance.words) |
    | `traffic.txt` | every transfer of a session, with its time in milliseconds | \(provenance.words) |
    | `expected.txt` | what the driver must make of it | |

    """
  }
}
