import CanteenModel
import Testing

@testable import Readers

@Suite struct ReportAssemblerTests {
  private func assembler(
    _ descriptor: [UInt8], _ settings: ScannerSettings = ScannerSettings()
  ) throws -> ReportAssembler {
    let reports = ScannedDataReport.find(in: try HIDReportDescriptor(descriptor))
    return ReportAssembler(reports: reports, settings: settings).settled
  }

  /// A report of the descriptor with a byte count.
  private func report(
    _ text: String, count: UInt8? = nil, symbology: String = "]Q1", goesOn: Bool = false
  ) -> [UInt8] {
    let data = bytes(text)
    let head: [UInt8] = [2, count ?? UInt8(data.count)] + bytes(symbology)
    let flag: UInt8 = goesOn ? 1 : 0
    return head + data + ScannerVectors.zeros(56 - data.count) + [flag]
  }

  private let long = String(repeating: "x", count: 56)

  @Test("the captured answer of a Voyager is put together from its two reports")
  func voyager() throws {
    var assembler = try assembler(ScannerVectors.descriptorVoyager, ScannerVectors.everything)
    #expect(assembler.take(ScannerVectors.voyager1) == [])
    #expect(assembler.patience == .milliseconds(300))
    #expect(
      assembler.take(ScannerVectors.voyager2) == [
        code("Product Name: Voyager 1602g\r\nBoot Revision: : 8892\r\nSoftum: N/A\r\n", "]X0")
      ])
    #expect(assembler.patience == nil)
    #expect(assembler.take(ScannerVectors.voyager3) == [code("REVINF\u{6}.", "]Z6")])
  }

  @Test("a scanner's own answers are no codes, and nobody is told of them")
  func ownAnswers() throws {
    var assembler = try assembler(ScannerVectors.descriptorVoyager)
    let answers = [
      ScannerVectors.voyager1, ScannerVectors.voyager2, ScannerVectors.voyager3,
    ]
    #expect(assembler.take(all: answers) == [])
  }

  @Test(
    "the published boarding pass goes on in the next report; what the publication leaves out is ours"
  )
  func boardingPass() throws {
    var assembler = try assembler(ScannerVectors.descriptorVoyager)
    let first = bytes("M1GATHERGOOD/MICHAEL YABCDE")
    let filled = first + [UInt8](repeating: 0x2E, count: 56 - first.count)
    #expect(assembler.take([2, 0x38, 0x5D, 0x51, 0x30] + filled + hex("73 00 01")) == [])
    let rest = [2, 3, 0x5D, 0x51, 0x30] + bytes("END") + ScannerVectors.zeros(53) + hex("73 00 00")
    let whole = ScannedCode(bytes: filled + bytes("END"), symbology: "]Q0")
    #expect(assembler.take(rest) == [.code(whole)])
  }

  @Test("without a byte count the zeros at the end are padding, and those within a code are not")
  func padding() throws {
    var assembler = try assembler(ScannerVectors.descriptorA)
    let text: [UInt8] = [0x61, 0, 0x62]
    let one = [2] + bytes("]Q1") + text + ScannerVectors.zeros(53) + [0]
    #expect(assembler.take(one) == [.code(ScannedCode(bytes: text, symbology: "]Q1"))])
    let full = [2] + bytes("]Q1") + ScannerVectors.zeros(55) + [0x61] + [1]
    #expect(assembler.take(full) == [])
    guard case .code(let code) = assembler.take(one).first else {
      Issue.record("no code")
      return
    }
    #expect(code.bytes == ScannerVectors.zeros(55) + [0x61] + text)
  }

  @Test("a code that pauses longer than 300 ms is broken, and its end is no code")
  func gap() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    #expect(assembler.take(report(long, goesOn: true)) == [])
    #expect(assembler.lapse() == .unreadable(.brokenCode))
    #expect(assembler.patience == .seconds(1))
    #expect(assembler.take(report("tail")) == [])
    #expect(assembler.take(report("next")) == [code("next", "]Q1")])
  }

  @Test("a broken code whose end never comes costs the next one nothing after a second")
  func noTail() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    _ = assembler.take(report(long, goesOn: true))
    #expect(assembler.lapse() == .unreadable(.brokenCode))
    #expect(assembler.lapse() == nil)
    #expect(assembler.patience == nil)
    #expect(assembler.take(report("next")) == [code("next", "]Q1")])
  }

  @Test(
    "a code of 4096 bytes is taken, one of a byte more is broken, once", arguments: [4096, 4097])
  func longest(length: Int) throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    var readings: [CodeReading] = []
    for start in stride(from: 0, to: length, by: 56) {
      let rest = min(56, length - start)
      readings += assembler.take(
        report(String(repeating: "x", count: rest), goesOn: start + rest < length))
    }
    let text = String(repeating: "x", count: length)
    #expect(readings == (length <= 4096 ? [code(text, "]Q1")] : [.unreadable(.brokenCode)]))
    #expect(assembler.take(report("next")) == [code("next", "]Q1")])
  }

  @Test("a code without end is broken once, and nothing of it is kept")
  func endless() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    let readings = assembler.take(all: Array(repeating: report(long, goesOn: true), count: 1000))
    #expect(readings == [.unreadable(.brokenCode)])
  }

  @Test(
    "a report that has more data than room, or is cut short, breaks the code", arguments: [57, 255])
  func malformed(count: UInt8) throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    _ = assembler.take(report(long, goesOn: true))
    #expect(assembler.take(report("x", count: count)) == [.unreadable(.brokenCode)])
    #expect(assembler.lapse() == nil)
    #expect(assembler.take(Array(report("x").dropLast())) == [.unreadable(.brokenCode)])
    #expect(assembler.take(report("tail")) == [])
  }

  @Test("a report of another kind, and an empty code, change nothing")
  func otherReports() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    _ = assembler.take(report(long, goesOn: true))
    #expect(assembler.take([7, 1, 2, 3]) == [])
    #expect(assembler.take([]) == [])
    #expect(assembler.take(report("end")) == [code(long + "end", "]Q1")])
    #expect(assembler.take(report("")) == [])
    #expect(assembler.patience == nil)
  }

  @Test(
    "a code of another symbology is refused, and one of none is believed",
    arguments: [
      ("]Q1", true), ("]Q6", true), ("]E0", false), ("]d1", false), ("\0\0\0", true),
      ("xyz", false),
    ])
  func symbology(name: String, isTaken: Bool) throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    let named = name == "\0\0\0" ? nil : name
    #expect(
      assembler.take(report("6901234567892", symbology: name))
        == [isTaken ? code("6901234567892", named) : .unreadable(.wrongSymbology)])
  }

  @Test("the symbology of a code is that of its first report")
  func firstSymbology() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    _ = assembler.take(report(long, symbology: "]E0", goesOn: true))
    #expect(assembler.take(report("x", symbology: "]Q1")) == [.unreadable(.wrongSymbology)])
  }

  @Test("what waited in the scanner before anybody listened is no code")
  func settling() throws {
    let reports = ScannedDataReport.find(in: try HIDReportDescriptor(ScannerVectors.descriptorB))
    var assembler = ReportAssembler(reports: reports, settings: ScannerSettings())
    #expect(assembler.take(all: [report("old"), report("older")]) == [])
    #expect(assembler.patience == CodeCollector.settlingTime)
    #expect(assembler.lapse() == nil)
    #expect(assembler.take(report("new")) == [code("new", "]Q1")])
  }

  @Test("reports that were lost break the code, and between codes nobody is told")
  func interrupted() throws {
    var assembler = try assembler(ScannerVectors.descriptorB)
    _ = assembler.take(report(long, goesOn: true))
    #expect(assembler.interrupt() == .unreadable(.brokenCode))
    #expect(assembler.take(report("tail")) == [])
    #expect(assembler.interrupt() == nil)
    #expect(assembler.take(report("perhaps a tail")) == [])
    #expect(assembler.take(report("next")) == [code("next", "]Q1")])
  }

  @Test(
    "without a continuation field a full report goes on, and a code that ends with one is broken")
  func noContinuation() throws {
    let descriptor = hex(
      "05 8C 09 02 A1 01 85 01 75 08 95 01 05 01 09 3B 81 02 05 8C 09 FE 95 3E 82 02 01 C0")
    var assembler = try assembler(descriptor)
    let full = [1, 62] + [UInt8](repeating: 0x78, count: 62)
    #expect(assembler.take(full) == [])
    let rest = [1, 2, 0x79, 0x7A] + ScannerVectors.zeros(60)
    #expect(assembler.take(rest) == [code(String(repeating: "x", count: 62) + "yz")])
    #expect(assembler.take(full) == [])
    #expect(assembler.lapse() == .unreadable(.brokenCode))
  }
}
