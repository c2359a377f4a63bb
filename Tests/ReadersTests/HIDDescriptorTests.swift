import Testing

@testable import Readers

@Suite struct HIDDescriptorTests {
  private func reports(_ bytes: [UInt8]) throws -> [ScannedDataReport] {
    ScannedDataReport.find(in: try HIDReportDescriptor(bytes))
  }

  @Test(
    "the published descriptor without a byte count has reports of 61 bytes: id, symbology, data, flag"
  )
  func withoutCount() throws {
    let found = try reports(ScannerVectors.descriptorA)
    let report = try #require(found.first)
    #expect(found.count == 1)
    #expect(report.id == 2 && report.length == 61 && report.room == 56)
    #expect(report.dataOffset == 4 * 8 && report.count == nil)
    #expect(report.symbology.map(\.bitOffset) == [8, 16, 24])
    #expect(report.continuation == ScannedDataReport.Element(bitOffset: 60 * 8, bits: 1))
  }

  @Test("the published descriptor with a byte count has reports of 62 bytes")
  func withCount() throws {
    let report = try #require(try reports(ScannerVectors.descriptorB).first)
    #expect(report.id == 2 && report.length == 62 && report.room == 56)
    #expect(report.count == ScannedDataReport.Element(bitOffset: 8, bits: 8))
    #expect(report.symbology.map(\.bitOffset) == [16, 24, 32])
    #expect(report.dataOffset == 5 * 8)
    #expect(report.continuation == ScannedDataReport.Element(bitOffset: 61 * 8, bits: 1))
  }

  @Test("a report without an id begins with its first field")
  func unnumbered() throws {
    let descriptor = ScannerVectors.descriptorB.filter { $0 != 0x85 }
    // Without `85`, the id's value would be an item of its own: it goes, too.
    let bytes = Array(descriptor.prefix(6)) + Array(descriptor.dropFirst(7))
    let report = try #require(try reports(bytes).first)
    #expect(report.id == nil && report.length == 61 && report.dataOffset == 4 * 8)
  }

  @Test(
    "fields that begin within a byte are read, and a field of other bits before them moves them")
  func withinByte() throws {
    // Three bits of padding, then count, data of two bytes, flag, and four bits.
    let bytes = hex(
      """
      05 8C 09 02 A1 01 75 03 95 01 81 03 75 08 05 01 09 3B 81 02 05 8C 09 FE 95 02 81 02
      75 01 95 01 09 FF 81 02 75 04 81 03 C0
      """)
    let report = try #require(try reports(bytes).first)
    #expect(report.length == 4)
    // 010 | 00000010 | 'h' | 'i' | 1 | 0000 from the lowest bit up.
    let word: UInt32 = 0b010 | 2 << 3 | 0x68 << 11 | 0x69 << 19 | 1 << 27
    let part = report.part(of: (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) })
    #expect(part == ScannedDataReport.Part(data: [0x68, 0x69], symbology: nil, goesOn: true))
  }

  @Test(
    "a range of usages names its elements in order, and a usage of four bytes brings its page along"
  )
  func usages() throws {
    let bytes = hex("05 8C A1 01 19 FB 29 FE 75 08 95 0A 81 02 0B 3B 00 01 00 95 01 81 02 C0")
    let descriptor = try HIDReportDescriptor(bytes)
    let first = try #require(descriptor.inputs.first)
    #expect(first.usage(of: 0) == 0x8C_00FB && first.usage(of: 3) == 0x8C_00FE)
    #expect(first.usage(of: 9) == 0x8C_00FE)
    #expect(first.element(with: 0x8C_00FD) == 2 && first.element(with: 0x8C_00FF) == nil)
    #expect(descriptor.inputs.last?.usage(of: 0) == 0x01_003B)
  }

  @Test("push and pop keep the page, the size and the report")
  func pushed() throws {
    let bytes = hex("05 8C 85 02 75 08 95 01 A4 05 01 75 10 85 03 09 3B 81 02 B4 09 FE 81 02")
    let descriptor = try HIDReportDescriptor(bytes)
    #expect(descriptor.inputLengths == [2: 2, 3: 3])
    #expect(descriptor.inputs.last?.usage(of: 0) == 0x8C_00FE)
    #expect(descriptor.inputs.last?.bitsPerElement == 8)
  }

  @Test(
    "a descriptor that contradicts itself is refused",
    arguments: [
      ("26 FF", HIDReportDescriptor.Malformed.cutOff), ("FE 02 00 01", .cutOff),
      ("B4", .unbalancedStack), (String(repeating: "A4 ", count: 17), .unbalancedStack),
      ("C0", .unbalancedCollections), ("A1 01", .unbalancedCollections), ("85 00", .reportIDZero),
      ("75 08 95 01 09 FE 81 02 85 02 81 02", .reportIDZero),
      ("75 08 96 01 10 81 02", .reportTooLong),
      ("77 FF FF FF FF 97 FF FF FF FF 81 02", .reportTooLong),
    ])
  func malformed(text: String, reason: HIDReportDescriptor.Malformed) {
    #expect(throws: reason) { try HIDReportDescriptor(hex(text)) }
  }

  @Test("a report of the greatest length is taken, and a descriptor of the greatest length")
  func limits() throws {
    #expect(try HIDReportDescriptor(hex("75 08 96 00 10 81 02")).inputLengths == [0: 4096])
    let padding = [UInt8](repeating: 0, count: HIDReportDescriptor.longest)
    #expect(throws: Never.self) { try HIDReportDescriptor(padding) }
    #expect(throws: HIDReportDescriptor.Malformed.tooLong) {
      try HIDReportDescriptor(padding + [0])
    }
  }

  @Test("a keyboard's descriptor has no scanned data")
  func keyboard() throws {
    let bytes = hex(
      """
      05 01 09 06 A1 01 05 07 19 E0 29 E7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 01 95 06 75 08
      15 00 25 65 05 07 19 00 29 65 81 00 C0
      """)
    #expect(try reports(bytes).isEmpty)
    #expect(try HIDReportDescriptor(bytes).inputLengths == [0: 8])
  }
}
