import SyncProtocol
import Testing

@testable import SyncTransport

@Suite struct AcceptFieldTests {
  /// A field, and the weights of protobuf and JSON in thousandths.
  private static let fields: [([String], Int, Int)] = [
    ([], 1000, 1000),
    ([""], 1000, 1000),
    ([" , "], 1000, 1000),
    (["*/*"], 1000, 1000),
    (["application/json"], 0, 1000),
    (["APPLICATION/JSON"], 0, 1000),
    (["application/x-protobuf"], 1000, 0),
    (["text/html, application/json;q=0.9, */*;q=0.8"], 800, 900),
    (["application/*;q=0.5"], 500, 500),
    (["application/*;q=0.5, application/json;q=0"], 500, 0),
    (["application/json;q=0.001", "*/*;q=0.002"], 2, 1),
    (["application/json ; charset=utf-8 ; q=0.25"], 0, 250),
    (["application/json;q=1.000"], 0, 1000),
    // What is no weight, and what is no range, counts for nothing.
    (["application/json;q=2"], 0, 0),
    (["application/json;q=1.001"], 0, 0),
    (["application/json;q=0.0001"], 0, 0),
    (["application/json;q=-1"], 0, 0),
    (["application/json;q="], 0, 0),
    (["json"], 0, 0),
    (["/json, application/, application/json/x"], 0, 0),
    (["*/json"], 0, 0),
    (["text/plain"], 0, 0),
  ]

  @Test("what is named closely counts before what is named by a star", arguments: fields)
  func weights(lines: [String], protobuf: Int, json: Int) {
    let field = AcceptField(lines)
    #expect(field.weight(of: .protobuf) == protobuf)
    #expect(field.weight(of: .json) == json)
  }
}
