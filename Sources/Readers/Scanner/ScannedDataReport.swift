/// Where in an input report a scanner puts a code. Source: HID usage page `8C` (bar code scanners).
package struct ScannedDataReport: Equatable, Sendable {
  /// What one report holds.
  package struct Part: Equatable, Sendable {
    /// As many as the report says are valid.
    package let data: [UInt8]
    /// The three bytes that name the symbology; `nil` where the report has no room for them.
    package let symbology: [UInt8]?
    /// The code goes on in the next report.
    package let goesOn: Bool
  }

  /// One element of a report.
  struct Element: Equatable, Sendable {
    let bitOffset: Int
    let bits: Int

    /// The element's value; `nil` when the report is too short for it.
    func value(in report: [UInt8]) -> UInt32? {
      guard bitOffset + bits <= report.count * 8, bits <= 32 else { return nil }
      var value: UInt32 = 0
      for bit in (bitOffset..<bitOffset + bits).reversed() {
        value = value << 1 | UInt32(report[bit / 8] >> UInt8(bit % 8) & 1)
      }
      return value
    }
  }

  /// `nil` in a device that numbers no reports.
  package let id: UInt8?
  /// Bytes of the whole report, with its id.
  package let length: Int
  /// Bytes of a code in one report.
  package let room: Int
  /// From the first bit of the report.
  let dataOffset: Int
  let count: Element?
  let symbology: [Element]
  let continuation: Element?

  private static let page: UInt32 = 0x8C << 16
  private static let decodedData = page | 0xFE
  private static let decodedDataContinued = page | 0xFF
  private static let symbologyIdentifiers = [page | 0xFB, page | 0xFC, page | 0xFD]
  /// Generic Desktop, byte count.
  private static let byteCount: UInt32 = 0x01 << 16 | 0x3B

  /// The reports of a device that carry codes, by id. Empty for a device that is no such scanner.
  package static func find(in descriptor: HIDReportDescriptor) -> [ScannedDataReport] {
    var found: [ScannedDataReport] = []
    for data in descriptor.inputs
    where data.usage(of: 0) == decodedData && data.bitsPerElement == 8 {
      guard let report = ScannedDataReport(of: data, in: descriptor) else { continue }
      // One report, one code: a second field of data in it is none that we know.
      if !found.contains(where: { $0.id == report.id }) { found.append(report) }
    }
    return found
  }

  private init?(of data: HIDReportDescriptor.Field, in descriptor: HIDReportDescriptor) {
    guard let length = descriptor.inputLengths[data.report] else { return nil }
    let fields = descriptor.inputs.filter { $0.report == data.report }
    func element(_ usage: UInt32) -> Element? {
      for field in fields where field.bitsPerElement <= 32 {
        if let index = field.element(with: usage) {
          return Element(
            bitOffset: field.bitOffset + index * field.bitsPerElement, bits: field.bitsPerElement)
        }
      }
      return nil
    }
    id = descriptor.hasReportIDs ? data.report : nil
    self.length = length
    room = data.count
    dataOffset = data.bitOffset
    count = element(Self.byteCount)
    let identifiers = Self.symbologyIdentifiers.compactMap(element)
    symbology = identifiers.count == Self.symbologyIdentifiers.count ? identifiers : []
    continuation = element(Self.decodedDataContinued)
  }

  /// Whether a report is one of these.
  package func matches(_ report: [UInt8]) -> Bool {
    id == nil || report.first == id
  }

  /// Reads a report.
  ///
  /// Without a byte count the zeros at the end of a code's last report are padding. Without a
  /// continuation field a code goes on after every report that is full.
  ///
  /// - Returns: `nil` for a report that is too short, or says that it has more data than room.
  package func part(of report: [UInt8]) -> Part? {
    guard report.count >= length else { return nil }
    var data = (0..<room).map { byte(at: dataOffset + 8 * $0, in: report) }
    var identifier: [UInt8]?
    if !symbology.isEmpty {
      identifier = symbology.map { UInt8(truncatingIfNeeded: $0.value(in: report) ?? 0) }
    }
    let isMarked = continuation.map { $0.value(in: report) ?? 0 != 0 }
    if let count {
      guard let valid = count.value(in: report), valid <= UInt32(room) else { return nil }
      data = Array(data.prefix(Int(valid)))
    } else if isMarked != true {
      data = Array(data.prefix((data.lastIndex { $0 != 0 } ?? -1) + 1))
    }
    return Part(data: data, symbology: identifier, goesOn: isMarked ?? (data.count == room))
  }

  private func byte(at bitOffset: Int, in report: [UInt8]) -> UInt8 {
    let (index, shift) = (bitOffset / 8, UInt8(bitOffset % 8))
    guard shift > 0 else { return report[index] }
    return report[index] >> shift | report[index + 1] << (8 - shift)
  }
}
