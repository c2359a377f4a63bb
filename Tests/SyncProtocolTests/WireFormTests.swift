import CanteenModel
import Foundation
import SyncProtocol
import Testing

/// Bodies in JSON, which another centre's maker reads before any other.
@Suite struct WireFormTests {
  private static let key: SigningKey = {
    do {
      return try SigningKey(rawBytes: [UInt8](repeating: 7, count: 32))
    } catch {
      preconditionFailure("32 bytes are a key: \(error)")
    }
  }()

  private func batch(_ records: [[UInt8]]) throws -> [UInt8] {
    try BatchCodec.seal(
      records, terminal: TerminalID(3), epoch: Epoch(1), first: SequenceNumber(1),
      previousHead: .zero, echoedNonce: nil, challenge: .random(), key: Self.key
    ).bytes
  }

  private func object(_ json: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
  }

  @Test("a batch goes to JSON and back without a byte of what is signed or hashed changing")
  func roundTrip() throws {
    let bytes = try batch([[1, 2, 3], [], [255]])
    let json = try WireForm.json.write(bytes, as: .batch)
    #expect(try WireForm.json.write(bytes, as: .batch) == json)
    let back = try WireForm.json.read(json, as: .batch, upTo: WireLimit.bytesPerBatch)
    #expect(back == bytes)
    #expect(try BatchCodec.open(back, key: Self.key.publicKey).records == [[1, 2, 3], [], [255]])
    let read = try object(json)
    #expect(read["records"] as? [String] == ["AQID", "", "/w=="])
    let header = try #require(read["header"] as? [String: Any])
    #expect(header["algorithm"] as? String == "ALGORITHM_ED25519")
    #expect(header.keys.sorted() == ["algorithm", "body", "keyId", "signature"])
  }

  @Test(
    "JSON may be written as anybody writes it: names in either way, spaces, and names of tomorrow")
  func tolerance() throws {
    let bytes = try Self.key.signedMessage([9, 9], as: .ack)
    var text = String(decoding: try WireForm.json.write(bytes, as: .signed), as: UTF8.self)
    text = text.replacing("\"keyId\"", with: "\n \"key_id\"")
    text = text.replacing("{", with: "{ \"tomorrow\": {\"a\": [1, {\"b\": \"}{\"}], \"c\": null}, ")
    #expect(try WireForm.json.read(Array(text.utf8), as: .signed, upTo: 512) == bytes)
  }

  @Test("nothing is nothing in both forms")
  func nothing() throws {
    #expect(try WireForm.json.write([], as: .nothing) == Array("{}".utf8))
    #expect(try WireForm.json.write([], as: .signed) == Array("{}".utf8))
    #expect(try WireForm.json.read(Array("{}".utf8), as: .signed, upTo: 512) == [])
    #expect(try WireForm.json.read([], as: .signed, upTo: 512) == [])
    #expect(try WireForm.protobuf.read([], as: .signed, upTo: 512) == [])
  }

  @Test(
    "JSON that is no message is refused in words",
    arguments: [
      "[]", "null", "{", "{\"body\": 1}", "{\"body\": \"*\"}", "\"\"",
      "{\"body\": \"\u{0}\"}", "{} {}", "{\"x\": }",
    ])
  func malformed(text: String) {
    #expect(throws: WireError.malformed("Signed in JSON")) {
      try WireForm.json.read(Array(text.utf8), as: .signed, upTo: 512)
    }
  }

  @Test("bytes that are no UTF-8 are refused")
  func encoding() {
    #expect(throws: WireError.self) {
      try WireForm.json.read(
        Array("{\"body\": \"".utf8) + [0xFF, 0x22, 0x7D], as: .signed, upTo: 512)
    }
  }

  @Test("JSON of 100,000 levels is refused, whatever it is made of, and 16 levels are not")
  func nesting() throws {
    for (open, close) in [("{\"x\":", "}"), ("[", "]"), ("{\"header\":", "}")] {
      func nested(_ depth: Int) -> [UInt8] {
        Array(
          ("{\"x\":" + String(repeating: open, count: depth) + "1"
            + String(repeating: close, count: depth) + "}").utf8)
      }
      #expect(throws: WireError.malformed("Batch: JSON that is nested so deep")) {
        try WireForm.json.read(nested(100_000), as: .batch, upTo: 1 << 20)
      }
      #expect(throws: WireError.self) {
        try WireForm.json.read(nested(16), as: .batch, upTo: 1 << 20)
      }
      #expect(try WireForm.json.read(nested(15), as: .batch, upTo: 1 << 20) == [])
    }
    // What is open and never closed is as deep; brackets in text are none.
    #expect(throws: WireError.self) {
      try WireForm.json.read(
        Array(String(repeating: "{\"x\":", count: 100_000).utf8), as: .batch, upTo: 1 << 20)
    }
    let text = "{\"x\": \"\\\"" + String(repeating: "{", count: 1000) + "\"}"
    #expect(try WireForm.json.read(Array(text.utf8), as: .batch, upTo: 1 << 20) == [])
  }

  @Test("the largest batch fits in JSON, and one byte more of it does not")
  func limits() throws {
    let full = try batch([[UInt8]](repeating: [UInt8](repeating: 7, count: 400), count: 500))
    let json = try WireForm.json.write(full, as: .batch)
    #expect(json.count <= WireForm.json.bodyLimit(for: full.count))
    #expect(try WireForm.json.read(json, as: .batch, upTo: full.count) == full)
    #expect(throws: WireError.tooLarge("Batch")) {
      try WireForm.json.read(json, as: .batch, upTo: full.count - 1)
    }
    let spaces = [UInt8](repeating: 0x20, count: WireForm.json.bodyLimit(for: full.count))
    #expect(throws: WireError.tooLarge("Batch")) {
      try WireForm.json.read(spaces + [0x20], as: .batch, upTo: full.count)
    }
    // 500 records of one byte need more in JSON than base64 alone makes of them.
    let small = try batch([[UInt8]](repeating: [1], count: 500))
    let text = try WireForm.json.write(small, as: .batch)
    #expect(text.count <= WireForm.json.bodyLimit(for: small.count))
  }

  @Test("bytes that are no message are not written in JSON")
  func notAMessage() {
    #expect(throws: WireError.malformed("Signed")) {
      try WireForm.json.write([0x0B], as: .signed)
    }
  }

  @Test("a problem's name is read from its type, and each has words of its own")
  func problems() {
    for problem in WireProblem.allCases {
      #expect(WireProblem(uri: problem.uri) == problem)
      #expect((400...599).contains(problem.status))
      #expect(!problem.title.isEmpty && problem.remedy.hasSuffix("."))
    }
    #expect(Set(WireProblem.allCases.map(\.title)).count == WireProblem.allCases.count)
    #expect(WireProblem(uri: "about:blank") == nil)
  }
}
