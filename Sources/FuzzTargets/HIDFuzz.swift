import CanteenModel
import Readers

/// What a HID scanner can say.
enum HIDFuzz {
  /// A descriptor is used only within its own bounds.
  static func descriptor(_ bytes: [UInt8]) throws(BrokenPromise) {
    // try?: bytes that are refused are none of our business.
    guard let descriptor = try? HIDReportDescriptor(bytes) else { return }
    try promise(descriptor.inputs.count <= bytes.count, "more fields than bytes")
    for length in descriptor.inputLengths.values {
      try promise(length <= HIDReportDescriptor.longestReport, "a report of \(length) bytes")
    }
    for field in descriptor.inputs {
      let end = (field.bitOffset + field.bits + 7) / 8
      try promise(
        end <= descriptor.inputLengths[field.report] ?? 0, "a field beyond the end of its report")
      _ = field.usage(of: field.count - 1)
    }
    for report in ScannedDataReport.find(in: descriptor) {
      for fill in [UInt8(0x00), 0x01, 0xFF] {
        let bytes = [report.id ?? fill] + [UInt8](repeating: fill, count: max(0, report.length - 1))
        let data = report.part(of: bytes)?.data ?? []
        try promise(data.count <= report.room, "\(data.count) bytes out of room for \(report.room)")
      }
      try promise(
        report.part(of: [UInt8](repeating: 0, count: max(0, report.length - 1))) == nil
          || report.length == 0, "a report that is too short is read")
    }
  }

  /// A code is what its reports brought, in one piece: nothing is added, and no pause is in it.
  static func reports(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let choice = input.number(below: Corpus.reportDescriptors.count + 1)
    let known = choice < Corpus.reportDescriptors.count
    let words = known ? Corpus.reportDescriptors[choice] : input.longPiece()
    // try?: bytes that are refused are none of our business.
    guard let descriptor = try? HIDReportDescriptor(words) else { return }
    let reports = ScannedDataReport.find(in: descriptor)
    let settings = ScannerSettings.any(&input)
    var assembler = ReportAssembler(reports: reports, settings: settings)
    var came: [UInt8] = []
    while !input.isEmpty {
      switch input.number(below: 8) {
      case 0:
        try promise(!(assembler.lapse()?.isCode ?? false), "a code ends with a pause")
        came = []
      case 1:
        try promise(!(assembler.interrupt()?.isCode ?? false), "a code ends with a failure")
        came = []
      default:
        var report = input.piece()
        if let first = reports.first, input.flag() {
          // Mostly the right report, so that codes do come out.
          report = (first.id.map { [$0] } ?? []) + report
          report += [UInt8](repeating: 0, count: max(0, first.length - report.count))
        }
        if let part = reports.first(where: { $0.matches(report) })?.part(of: report) {
          came += part.data
        }
        try readings(assembler.take(report), endIn: came, settings)
      }
      try patience(of: assembler)
    }
  }

  /// What is typed is a code only as a whole.
  static func keyboard(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    var settings = ScannerSettings.any(&input)
    if settings.suffix == .none { settings.suffix = .newline }
    settings.keyboard = input.choice(KeyboardLayout.all)
    var decoder = KeyboardDecoder(settings: settings)
    var room = 0
    while !input.isEmpty {
      switch input.number(below: 16) {
      case 0:
        try promise(!(decoder.lapse()?.isCode ?? false), "a code ends with a pause")
        room = 0
      case 1:
        try promise(!(decoder.interrupt()?.isCode ?? false), "a code ends with a failure")
        room = 0
      case 2: _ = decoder.take(input.piece())
      default:
        // A key is one character at most, of 4 bytes at most.
        room += 6 * 4
        let shift = input.choice([UInt8(0), 0x02, 0x04, 0x40])
        let keys = input.bytes(1 + input.number(below: 2))
        let report = [shift, 0] + keys + [UInt8](repeating: 0, count: 6 - keys.count)
        for reading in decoder.take(report) + decoder.take([UInt8](repeating: 0, count: 8)) {
          guard case .code(let code) = reading else { continue }
          try promise(code.bytes.count <= room, "more was read than was typed")
          try promise(settings.takes(code), "a symbology that is not taken")
          room = 0
        }
      }
      try patience(of: decoder)
    }
  }

  /// Nobody waits for long: what has begun ends, or is given up.
  static func patience(of decoder: some CodeDecoder) throws(BrokenPromise) {
    let patience = decoder.patience ?? .milliseconds(1)
    try promise(patience > .zero && patience <= .seconds(1), "a patience of \(patience)")
  }

  /// Each code is what came last before its end.
  private static func readings(
    _ readings: [CodeReading], endIn came: [UInt8], _ settings: ScannerSettings
  ) throws(BrokenPromise) {
    try promise(readings.count <= 1, "more than one code in a report")
    guard case .code(let code)? = readings.first else { return }
    try promise(came.suffix(code.bytes.count).elementsEqual(code.bytes), "a code nobody scanned")
    try promise(settings.takes(code), "a symbology that is not taken")
  }
}

extension CodeReading {
  var isCode: Bool {
    if case .code = self { true } else { false }
  }
}

extension ScannerSettings {
  /// Any settings of a canteen.
  static func any(_ input: inout FuzzInput) -> ScannerSettings {
    var settings = ScannerSettings()
    settings.suffix = input.choice(Suffix.allCases)
    settings.symbologies = input.choice([["]Q"], [], ["]Q", "]d2"]])
    return settings
  }

  /// Whether a code that names its symbology may be taken.
  func takes(_ code: ScannedCode) -> Bool {
    guard let name = code.symbology, !symbologies.isEmpty else { return true }
    return symbologies.contains { name.hasPrefix($0) }
  }
}
