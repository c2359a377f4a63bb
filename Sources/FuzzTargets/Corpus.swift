import CanteenModel
package import Foundation
import VirtualReaders

/// What the fuzzer begins with: the evidence folders, and what is published of formats.
package enum Corpus {
  /// Published report descriptors, without and with a byte count (Access-IS), and the second with two bytes
  /// before its continuation (computed).
  static let reportDescriptors: [[UInt8]] = [
    hex(
      """
      058C0902A101850215002600FF75089501 09FB810209FC810209FD81029538 09FE82020175019501250109FF8102
      75078103C0
      """),
    hex(
      """
      058C0902A1018502 0912A10215002600FF7508950105 01093B81029503058C09FB09FC09FD8102953809FE820201
      25017501950109FF810275078103C0C0
      """),
    hex(
      """
      058C0902A1018502 0912A10215002600FF7508950105 01093B81029503058C09FB09FC09FD8102953809FE820201
      0600FF0901950281 02058C25017501950109FF810275078103C0C0
      """),
  ]

  /// The inputs of a target that are known from the beginning.
  ///
  /// - Parameter folders: Evidence folders, each with what a device said of itself and over the wire.
  package static func seeds(of target: FuzzTarget, folders: [URL]) -> [[UInt8]] {
    let devices = folders.compactMap(Device.init)
    return known(target) + devices.flatMap { $0.seeds(of: target) }
  }

  private static func known(_ target: FuzzTarget) -> [[UInt8]] {
    switch target {
    case .ccid:
      [
        [0, 0x50, 0x03], [4, 4, 1, 2, 3, 0x90, 0x00],
        [1, 0, 0, 5, 10, 10, 0x81, 0, 0, 0, 0, 0, 5, 2, 0, 0],
        [2, 1, 8, 0, 4, 0xFF, 0xCA, 0, 0, 0, 2, 0x90, 0],
      ]
    case .atr:
      [
        hex("3B8F8001804F0CA000000306030001000000006A"), hex("3B8180018080"),
        hex("3B8F8001804F0CA0000003060300020000000069"),
        hex("3B8F8001804F0CA00000030603F004000000009F"),
        hex("3B8F8001804F0CA000000306030026000000004D"),
      ]
    case .hidDescriptor: reportDescriptors
    case .hidReports:
      [
        [1, 0, 0, 0, 7, 1, 57, 1, 5, 0x5D, 0x51, 0x31] + Array("12345".utf8),
        [0, 0, 0, 0, 7, 1, 10, 0x5D, 0x51, 0x31, 0x31, 0x32],
      ]
    case .keyboard:
      [
        [0, 0, 0, 0, 15, 0, 0, 0x1E, 15, 1, 0, 0x04, 15, 0, 0, 0x28],
        [4, 0, 1, 15, 0, 1, 0x14, 0x2B],
      ]
    case .serial:
      [
        [0, 0, 2, 1, 3] + Array("]Q1https://example.org/1\r\n".utf8),
        [3, 1, 1, 64] + Array("1\r\n".utf8),
      ]
    case .faceFM22x:
      [
        [0, 0, 1, 5] + hex("EFAA000026120000057A68616E67") + zeros(27) + hex("00C883"),
        [0, 0, 0] + hex("EFAA0100110100005200E6002201DC01F9FF0A00000057EFAA000002120C1C"),
        [1, 1, 2, 1, 1, 0x12, 0, 10], [0, 1, 0, 0x12, 0, 10],
      ]
    case .faceTX510:
      [
        [0, 0, 1, 3] + hex("EFAA00000000041200000016EFAA0000000002120317"),
        [0, 1, 0, 0x12, 0, 10],
      ]
    case .code:
      [
        Array("https://example.org/1".utf8), Array("284765123456789012".utf8), hex("CAB3CCC3"),
        hex("8130813084318130"), [0xFF, 0x00],
      ]
    case .usb: []
    case .record, .batch, .downlink, .neighbours, .json: WireCorpus.seeds(of: target)
    case .statement: StatementFuzz.seeds
    case .device: DeviceCorpus.seeds
    }
  }

  /// What an evidence folder holds.
  private struct Device {
    let descriptor: [UInt8]
    let configuration: [UInt8]
    let lines: [TrafficScript.Transfer]
    let name: String

    init?(folder: URL) {
      // try?: what is no script is no evidence.
      guard let text = Self.text(folder, "descriptors.txt"),
        let traffic = Self.text(folder, "traffic.txt"),
        let script = try? TrafficScript(traffic)  // try?: as above
      else { return nil }
      var words: [String: [UInt8]] = [:]
      for line in text.split(separator: "\n") where !line.hasPrefix("#") {
        let parts = line.split(separator: " ", maxSplits: 1)
        if parts.count == 2 { words[String(parts[0])] = Hexadecimal.bytes(parts[1]) }
      }
      descriptor = words["device"] ?? []
      configuration = words["configuration"] ?? []
      lines = script.lines.map(\.transfer)
      name = folder.lastPathComponent
    }

    private static func text(_ folder: URL, _ name: String) -> String? {
      // try?: a folder without this file is no evidence.
      try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    func seeds(of target: FuzzTarget) -> [[UInt8]] {
      switch target {
      case .usb: [[0, 0] + descriptor + configuration]
      case .ccid where isCard:
        answers.map { [0] + $0 } + functionalDescriptors.map { [3] + $0 }
          + answers.map { [4] + $0.dropFirst(10) }
      case .atr where isCard: answers.map { Array($0.dropFirst(10)) }.filter { $0.first == 0x3B }
      case .hidDescriptor: reportDescriptors
      case .hidReports:
        reportDescriptors.map { descriptor in
          [3, UInt8(descriptor.count >> 8), UInt8(descriptor.count & 0xFF)] + descriptor
            + [0, 0, 0] + answers.flatMap { [7, UInt8($0.count & 0xFF)] + $0 + [0] }
        }
      case .faceFM22x where isFace: [[0, 0, 1, 64] + answers.joined()]
      case .faceTX510 where isFace: [[0, 0, 1, 64] + answers.joined()]
      case .serial where isScanner: [[0, 0, 1, 64] + answers.joined()]
      case .ccid, .atr, .keyboard, .serial, .faceFM22x, .faceTX510, .record, .batch, .downlink,
        .neighbours, .json, .statement, .code, .device:
        []
      }
    }

    private var isCard: Bool {
      lines.contains { if case .out(_, let bytes) = $0 { bytes.count >= 10 } else { false } }
    }
    private var isFace: Bool { name.contains("face") }
    private var isScanner: Bool { name.contains("scanner") || name.contains("cdc") }

    private var answers: [[UInt8]] {
      lines.compactMap { if case .into(_, let bytes) = $0 { bytes } else { nil } }
    }

    /// Those of CCID interfaces, out of the configuration.
    private var functionalDescriptors: [[UInt8]] {
      configuration.indices.filter { configuration[$0...].starts(with: [54, 0x21]) }
        .map { Array(configuration[$0...].prefix(54)) }
    }

    private var reportDescriptors: [[UInt8]] {
      lines.compactMap { line in
        guard case .control(let setup, let data?) = line,
          setup.starts(with: [0x81, 0x06, 0x00, 0x22])
        else { return nil }
        return data
      }
    }
  }

  /// - Precondition: Hexadecimal digits.
  static func hex(_ text: String) -> [UInt8] {
    guard let bytes = Hexadecimal.bytes(text.filter { !$0.isWhitespace }) else {
      preconditionFailure("not hexadecimal: \(text)")
    }
    return bytes
  }

  static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
