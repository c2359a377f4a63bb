import CanteenModel
import SeededRandom
import Testing

@testable import Readers

/// Any bytes: nothing traps, nothing grows, and no code comes out that did not go in.
@Suite struct ScannerFuzzTests {
  private func tally(_ readings: [CodeReading]) -> Int {
    readings.reduce(0) { sum, reading in
      guard case .code(let code) = reading else { return sum }
      return sum + code.bytes.count
    }
  }

  @Test(
    "any bytes are a report descriptor or are refused, and are read in moments", arguments: 0..<20)
  func descriptors(seed: UInt64) {
    var noise = SplitMix64(seed: seed)
    for _ in 0..<200 {
      var bytes = noise.bytes(0...256)
      if seed.isMultiple(of: 2) {
        // A good one with some bytes changed goes deeper.
        bytes = ScannerVectors.descriptorB
        for _ in 0..<Int.random(in: 1...4, using: &noise) {
          bytes[Int.random(in: 0..<bytes.count, using: &noise)] = .random(
            in: 0...255, using: &noise)
        }
      }
      // try?: most are refused, which is as good.
      guard let descriptor = try? HIDReportDescriptor(bytes) else { continue }
      #expect(descriptor.inputs.count <= bytes.count)
      #expect(descriptor.inputLengths.values.allSatisfy { $0 <= HIDReportDescriptor.longestReport })
      for report in ScannedDataReport.find(in: descriptor) {
        _ = report.part(of: noise.bytes(0...80))
        let part = report.part(of: [UInt8](repeating: 0xFF, count: report.length))
        #expect((part?.data.count ?? 0) <= report.room)
      }
    }
  }

  @Test(
    "any reports give no more bytes than came, and a decoder keeps no more than one code",
    arguments: 0..<10)
  func decoders(seed: UInt64) throws {
    var noise = SplitMix64(seed: seed)
    let reports = ScannedDataReport.find(
      in: try HIDReportDescriptor(ScannerVectors.descriptorB))
    var settings = ScannerVectors.everything
    settings.suffix = ScannerSettings.Suffix.allCases[Int(seed) % 5]
    settings.keyboard = KeyboardLayout.all[Int(seed) % 3]
    var decoders: [any CodeDecoder] = [
      ReportAssembler(reports: reports, settings: settings).settled,
      KeyboardDecoder(settings: settings).settled, SerialFramer(settings: settings).settled,
    ]
    for index in decoders.indices {
      var (came, read) = (0, 0)
      for _ in 0..<800 {
        var transfer = noise.bytes(0...70)
        if index == 0, Bool.random(using: &noise) {
          // Mostly the right report, so that codes do come out.
          transfer = [2, .random(in: 0...57, using: &noise)] + noise.bytes(60...60)
        }
        if index == 1 { transfer = noise.bytes(8...8).map { $0 & 0x3F } }
        came += transfer.count
        read += tally(decoders[index].take(transfer))
        switch Int.random(in: 0..<40, using: &noise) {
        case 0: read += tally(decoders[index].lapse().map { [$0] } ?? [])
        case 1: read += tally(decoders[index].interrupt().map { [$0] } ?? [])
        default: break
        }
        #expect(read <= came)
      }
    }
  }

  @Test("of codes that are cut anywhere only whole ones come out", arguments: 0..<10)
  func onlyWhole(seed: UInt64) throws {
    var noise = SplitMix64(seed: seed)
    let reports = ScannedDataReport.find(
      in: try HIDReportDescriptor(ScannerVectors.descriptorB))
    var assembler = ReportAssembler(reports: reports, settings: ScannerSettings()).settled
    for number in 0..<300 {
      // Every code says how long it is: a part of one is none of them.
      let length = Int.random(in: 1...200, using: &noise)
      let text = bytes("\(number):\(length):") + [UInt8](repeating: 0x78, count: length) + [0x2E]
      var sent = stride(from: 0, to: text.count, by: 56).map { start -> [UInt8] in
        let part = text[start..<min(start + 56, text.count)]
        let head: [UInt8] = [2, UInt8(part.count), 0x5D, 0x51, 0x31]
        let flag: UInt8 = start + 56 < text.count ? 1 : 0
        return head + part + ScannerVectors.zeros(56 - part.count) + [flag]
      }
      let cut = Int.random(in: 0...sent.count, using: &noise)
      let isCut = Bool.random(using: &noise) && cut > 0
      var readings: [CodeReading] = []
      if isCut {
        readings += assembler.take(all: Array(sent.prefix(cut)))
        if cut < sent.count {
          // The scanner stops here, and perhaps sends the rest late.
          readings += assembler.lapse().map { [$0] } ?? []
          sent = Bool.random(using: &noise) ? Array(sent.dropFirst(cut)) : []
          readings += assembler.take(all: sent)
          if sent.isEmpty { readings += assembler.lapse().map { [$0] } ?? [] }
          #expect(readings == [.unreadable(.brokenCode)])
          continue
        }
      } else {
        readings += assembler.take(all: sent)
      }
      #expect(readings == [.code(ScannedCode(bytes: text, symbology: "]Q1"))])
    }
  }
}
