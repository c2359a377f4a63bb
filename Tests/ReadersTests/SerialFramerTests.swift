import CanteenModel
import Testing

@testable import Readers

@Suite struct SerialFramerTests {
  private func framer(_ suffix: ScannerSettings.Suffix = .newline) -> SerialFramer {
    var settings = ScannerSettings()
    settings.suffix = suffix
    return SerialFramer(settings: settings).settled
  }

  @Test("a stream is cut at line ends, however it was packed (computed)")
  func packed() {
    var framer = framer()
    #expect(framer.take(hex("616263")) == [])
    #expect(framer.patience == .milliseconds(300))
    #expect(framer.take(hex("0D")) == [code("abc")])
    #expect(framer.take(hex("0A6465")) == [])
    #expect(framer.take(hex("660D")) == [code("def")])
    #expect(framer.patience == nil)
    #expect(framer.take(hex("0A0D0A0D0D")) == [])
  }

  @Test(
    "the suffix is what was configured",
    arguments: [
      (ScannerSettings.Suffix.newline, "a\rb\nc\r\n", ["a", "b", "c"]),
      (.carriageReturn, "a\nb\rc\t\r", ["a\nb", "c\t"]), (.lineFeed, "a\rb\n", ["a\rb"]),
      (.both, "a\rb\nc\r\r\nd\r\n", ["a\rb\nc\r", "d"]), (.tab, "a\r\nb\t", ["a\r\nb"]),
    ])
  func suffixes(suffix: ScannerSettings.Suffix, stream: String, codes: [String]) {
    var whole = framer(suffix)
    #expect(whole.take(bytes(stream)) == codes.map { code($0) })
    var single = framer(suffix)
    #expect(single.take(all: bytes(stream).map { [$0] }) == codes.map { code($0) })
  }

  @Test("without a suffix a pause of 100 ms ends the code")
  func pause() {
    var framer = framer(.none)
    #expect(framer.take(bytes("a\r\nb")) == [])
    #expect(framer.patience == .milliseconds(100))
    #expect(framer.lapse() == code("a\r\nb"))
    #expect(framer.patience == nil)
  }

  @Test("with a suffix a pause of 300 ms breaks the code, and its end is none")
  func gap() {
    var framer = framer()
    _ = framer.take(bytes("abc"))
    #expect(framer.lapse() == .unreadable(.brokenCode))
    #expect(framer.take(bytes("tail\rnext\r")) == [code("next")])
  }

  @Test("zeros are dropped")
  func zeros() {
    var framer = framer()
    #expect(framer.take([0, 0x61, 0, 0x62, 0x0D, 0]) == [code("ab")])
    #expect(framer.patience == nil)
  }

  @Test(
    "a code of 4096 bytes is taken with or without its name, one of a byte more is broken",
    arguments: [4096, 4097, 100_000])
  func longest(length: Int) {
    let text = String(repeating: "x", count: length)
    for (prefix, symbology) in [("", nil), ("]Q1", "]Q1")] {
      var framer = framer()
      let expected = length <= 4096 ? code(text, symbology) : .unreadable(.brokenCode)
      #expect(framer.take(bytes(prefix + text + "\r")) == [expected])
      #expect(framer.take(bytes("next\r")) == [code("next")])
    }
  }

  @Test(
    "a name before the code says whether it is taken",
    arguments: [
      ("]Q1https", CodeReading.code(ScannedCode(bytes: bytes("https"), symbology: "]Q1"))),
      ("]E06901234567892", .unreadable(.wrongSymbology)),
      ("]", .code(ScannedCode(bytes: bytes("]"), symbology: nil))),
      ("]Q!x", .code(ScannedCode(bytes: bytes("]Q!x"), symbology: nil))),
    ])
  func symbology(line: String, reading: CodeReading) {
    var framer = framer()
    #expect(framer.take(bytes(line + "\r")) == [reading])
    #expect(framer.take(bytes("]Q1\r")) == [])
  }

  @Test("bytes that were lost break the code")
  func interrupted() {
    var framer = framer()
    _ = framer.take(bytes("abc"))
    #expect(framer.interrupt() == .unreadable(.brokenCode))
    #expect(framer.take(bytes("tail\rnext\r")) == [code("next")])
  }

  @Test("what waited in the scanner before anybody listened is no code")
  func settling() {
    var framer = SerialFramer(settings: ScannerSettings())
    #expect(framer.take(bytes("old\rolder\rold")) == [])
    #expect(framer.lapse() == nil)
    #expect(framer.take(bytes("new\r")) == [code("new")])
  }
}
