import CanteenModel
import Foundation
import SyncProtocol
import Testing

@testable import SettlementStore

/// Codes and faces in an account file.
@Suite(.everyStore, .namingStore) struct MediaFileTests {
  private static let head = "account,name,unit,status,subsidy,personal,cards,codes,faces\n"

  @Test("a code is kept as its hash and a face as terminal, lane and user; both are fed")
  func codesAndFaces() throws {
    let file = Self.head + "1,王小明,财政局,active,0,0,04A1B2C3,canteen-demo-7;食堂7,7/2/5\n"
    let entry = try #require(try AccountFile.read(Array(file.utf8)).first)
    #expect(
      entry.cards == [
        Credential(kind: .cardSerial, value: [0x04, 0xA1, 0xB2, 0xC3]),
        // coreutils: printf canteen-demo-7 | sha256sum
        Credential(
          kind: .code,
          value: try #require(
            Hexadecimal.bytes(
              "53512c911b3dbb3012e536cbc3dfabe7d550f6d0783e705e3ea5f7b31e07b6e0"))),
        Credential(code: Array("食堂7".utf8)),
        Credential(kind: .face, value: [0, 0, 0, 7, 0, 2, 0, 5]),
      ])
    #expect(entry.kinds == [.cardSerial, .code, .face])
  }

  @Test(
    "a face that is no terminal, lane and user is named by row and column",
    arguments: ["7/2", "0/1/5", "7/0/5", "7/1/65536", "7/1/5/1", "a/1/5", "7//5"])
  func noFace(text: String) {
    let file = Self.head + "1,王小明,财政局,active,0,0,,,\(text)\n"
    let error = #expect(throws: StoreError.self) { try AccountFile.read(Array(file.utf8)) }
    #expect(error.map { "\($0)" }?.contains("row 2, column faces") == true)
  }

  @Test("the greatest face that there can be")
  func greatest() throws {
    let binding = try #require(FaceBinding("4294967295/65535/65535"))
    #expect(binding.credential.value == [UInt8](repeating: 0xFF, count: 8))
  }

  @Test("codes and faces that a file does not name stay")
  func otherColumns() throws {
    let file = "account,name,unit,status,subsidy,personal,cards\n1,王小明,财政局,active,0,0,\n"
    #expect(try AccountFile.read(Array(file.utf8)).first?.kinds == [.cardSerial])
  }
}
