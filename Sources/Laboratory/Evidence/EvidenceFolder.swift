import CanteenModel
import Foundation
import Readers
package import USBTransport
package import VirtualReaders
import VirtualTime

/// What is kept of one device, so that a report from the field becomes a test: its descriptors, what went
/// over the wire, and what the driver must make of it.
package struct EvidenceFolder: Sendable {
  /// Where the bytes come from.
  package enum Provenance: String, CaseIterable, Sendable {
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

  package let provenance: Provenance
  /// Where the device was plugged in, in the words of `canteen.readers`.
  package let place: String
  /// Device descriptor (18 bytes) and configuration, as sysfs has them.
  package let descriptors: [UInt8]
  package let script: TrafficScript
  /// How long the session was.
  package let duration: Duration
  /// What the driver said, a line each.
  package let events: [String]

  /// The device descriptor.
  package var device: USBDeviceDescriptor { USBDeviceDescriptor(Array(descriptors.prefix(18))) }

  /// `072f-2200-acs-acr122u`; of a bridge also what is behind it: `1a86-7523-wch-ch340-face`.
  package var name: String {
    let behind = isBridge ? "\(role) \(settings)" : ""
    let words = "\(device.identifier) \(model) \(behind)".lowercased()
      .split { !$0.isASCII || (!$0.isLetter && !$0.isNumber) }
    return words.joined(separator: "-")
  }

  private var role: Substring { place.split(separator: " ").dropFirst().first ?? "" }

  private var settings: String {
    place.split(separator: " ").dropFirst(3).joined(separator: " ")
  }

  private var known: DeviceCatalogue.Entry? {
    DeviceCatalogue.entry(vendor: device.vendor, product: device.product)
  }

  private var isBridge: Bool { known.map { $0.role == nil } ?? false }

  private var model: String { known?.model ?? "unknown \(role)" }

  /// Reads a folder.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)``, with the file and what it must have.
  package init(reading folder: String) throws(LaboratoryError) {
    func text(_ name: String) throws(LaboratoryError) -> String {
      do { return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) } catch {
        throw .broken("\(folder)/\(name) cannot be read: \(error)")
      }
    }
    let session = Self.fields(try text("session.txt"))
    guard let provenance = session["provenance"].flatMap(Provenance.init),
      let place = session["place"],
      let milliseconds = session["milliseconds"].flatMap(Int.init), milliseconds >= 0
    else {
      throw .broken("\(folder)/session.txt must have provenance, place and milliseconds")
    }
    let parts = Self.fields(try text("descriptors.txt"))
    guard let device = parts["device"].flatMap(Hexadecimal.bytes), device.count == 18,
      let configuration = parts["configuration"].flatMap(Hexadecimal.bytes)
    else {
      throw .broken("\(folder)/descriptors.txt must have a device of 18 bytes and a configuration")
    }
    do { script = try TrafficScript(try text("traffic.txt")) } catch let error as LaboratoryError {
      throw error
    } catch {
      throw .broken("\(folder)/traffic.txt: \(error)")
    }
    self.provenance = provenance
    self.place = place
    descriptors = device + configuration
    duration = .milliseconds(milliseconds)
    events = try text("expected.txt").split(separator: "\n").map(String.init)
  }

  /// A folder that was just recorded.
  init(
    provenance: Provenance, place: String, descriptors: [UInt8], script: TrafficScript,
    duration: Duration, events: [String]
  ) {
    self.provenance = provenance
    self.place = place
    self.descriptors = descriptors
    self.script = script
    self.duration = duration
    self.events = events
  }

  /// The first word of each line names the others.
  private static func fields(_ text: String) -> [String: String] {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
    return Dictionary(
      lines.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) },
      uniquingKeysWith: { $1 })
  }

  /// Writes the files. A README that is already there stays, as do other files.
  ///
  /// - Parameter parent: In it the folder is made.
  /// - Returns: The folder's path.
  /// - Throws: ``LaboratoryError/broken(_:)``, before anything is written, when a README is there that does
  ///   not say the same of where the bytes come from.
  package func write(into parent: String) throws -> String {
    let folder = "\(parent)/\(name)"
    let isDescribed = FileManager.default.fileExists(atPath: "\(folder)/README.md")
    if isDescribed { try checkProvenance("\(folder)/README.md") }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var files = [
      "traffic.txt": script.text,
      "session.txt": """
      provenance \(provenance.rawValue)
      place \(place)
      milliseconds \(Int(duration / .milliseconds(1)))

      """,
      "descriptors.txt": """
      device \(Hexadecimal.text(Array(descriptors.prefix(18))))
      configuration \(Hexadecimal.text(Array(descriptors.dropFirst(18))))

      """,
      "expected.txt": events.map { $0 + "\n" }.joined(),
    ]
    if !isDescribed { files["README.md"] = readme }
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }
    return folder
  }

  /// A README has one line that begins with "Provenance" and says it first behind its colon.
  private func checkProvenance(_ readme: String) throws {
    let lines = try String(contentsOfFile: readme, encoding: .utf8).split(separator: "\n")
    let said = lines.first { $0.hasPrefix("Provenance") }?.split(separator: ": ").dropFirst().first
    guard said?.hasPrefix(provenance.rawValue) == true else {
      throw LaboratoryError.broken(
        "this recording is \(provenance.rawValue), and \(readme) does not say so: "
          + "correct its line \"Provenance: …\", or record into another folder")
    }
  }

  /// What the wire does not say.
  private static let question = """


    To be filled in: what is printed on the device, its firmware, who recorded it and when.
    """

  private var readme: String {
    """
    # \(model), \(device.identifier)

    Provenance: \(provenance.words).\(provenance == .captured ? Self.question : "")

    | file | what |
    |---|---|
    | `session.txt` | where the device was plugged in, and for how long |
    | `descriptors.txt` | device and configuration descriptor |
    | `traffic.txt` | every transfer, with its time in milliseconds |
    | `expected.txt` | what the driver must make of it |

    Stands for:

    - `\(device.identifier)` \(model)

    """
  }
}
