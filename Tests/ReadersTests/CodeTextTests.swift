import CanteenModel
import Testing

@testable import Readers

@Suite struct CodeTextTests {
  @Test(
    "a code is shown as the text that it is, and as digits where it is none",
    arguments: [
      ("68747470733a2f2f", "https://"), ("e9a39fe5a082", "食堂"), ("caB3cCC3", "食堂"),
      ("4142ccc343", "AB堂C"), ("8130 8130", "\u{80}"), ("00ff10", "00ff10"), ("1b41", "1b41"),
      ("ff", "ff"), ("ca", "ca"), ("610d0a62", "a\r\nb"), ("95328236", "𠀀"),
    ])
  func text(bytes: String, text: String) {
    // U+0080 is a control character: it is shown as digits.
    let expected = text == "\u{80}" ? "81308130" : text
    #expect(ScannedCode(bytes: hex(bytes), symbology: nil).text == expected)
  }

  @Test("the longest code has a text")
  func longest() {
    let gbk = (0..<ScannedCode.longest).map { UInt8($0.isMultiple(of: 2) ? 0xCC : 0xC3) }
    let text = ScannedCode(bytes: gbk, symbology: nil).text
    #expect(text == String(repeating: "堂", count: ScannedCode.longest / 2))
  }
}
