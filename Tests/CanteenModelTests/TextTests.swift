import CanteenModel
import Foundation
import Testing

@Suite struct TextTests {
  @Test("32 bytes survive as a digest, and any other number is refused")
  func digest() {
    let bytes = (0..<32).map { UInt8($0 * 7) }
    #expect(Digest32(bytes)?.bytes == bytes)
    #expect(Digest32(bytes)?.description == Hexadecimal.text(bytes))
    #expect(Digest32(bytes.dropLast()) == nil)
    #expect(Digest32(bytes + [0]) == nil)
    #expect(Digest32([UInt8](repeating: 0, count: 32)) == .zero)
    #expect(Digest32(bytes) != .zero)
  }

  @Test("in JSON an identity is its number, so that scripts read it without a second step")
  func identities() throws {
    let place = JournalPosition(epoch: Epoch(1), sequence: SequenceNumber(25))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = try encoder.encode(place)
    #expect(String(decoding: json, as: UTF8.self) == #"{"epoch":1,"sequence":25}"#)
    #expect(try JSONDecoder().decode(JournalPosition.self, from: json) == place)
  }

  @Test("hexadecimal text is read in either case, and nothing else is")
  func hexadecimal() {
    #expect(Hexadecimal.bytes("00 fF\n10") == [0x00, 0xFF, 0x10])
    #expect(Hexadecimal.bytes("") == [])
    for wrong in ["0", "0g", "0x00", "００"] { #expect(Hexadecimal.bytes(wrong) == nil) }
    #expect(Hexadecimal.text([0x00, 0xFF, 0x10]) == "00ff10")
  }

  @Test("decline codes keep the numbers that operators know")
  func declineCodes() {
    #expect(DeclineReason.insufficientBalance.code == "007")
    #expect(DeclineReason.presentAgain.code == "013")
    #expect(Set(DeclineReason.allCases.map(\.code)).count == 17)
  }
}
