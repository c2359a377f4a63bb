import CanteenModel
import SyncProtocol
import SyncTransport

extension ConformanceCheck {
  static let batches: [ConformanceCheck] = [
    ConformanceCheck("sign-of-life", .batches, isNeeded: true) { terminal in
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("batch", .batches, isNeeded: true) { terminal in
      for _ in 0..<3 { try terminal.append() }
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("replay", .batches) { terminal in
      try terminal.append()
      let batch = try terminal.batch()
      let first = try await terminal.settle(batch)
      try await replay(batch.bytes, of: first, terminal)
    },
    ConformanceCheck("replay-without-records", .batches) { terminal in
      let batch = try terminal.batch()
      let first = try await terminal.settle(batch)
      try await replay(batch.bytes, of: first, terminal)
    },
    ConformanceCheck("same-records-new-challenge", .batches) { terminal in
      try await terminal.settle(try terminal.batch(after: terminal.held - 1))
    },
    ConformanceCheck("held-and-new", .batches) { terminal in
      for _ in 0..<2 { try terminal.append() }
      try await terminal.settle(try terminal.batch(after: 1))
    },
    ConformanceCheck("unknown-field-of-record", .batches) { terminal in
      try terminal.append(padding: 40)
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("record-that-is-none", .batches) { terminal in
      terminal.append([0xFF, 0xFF, 0xFF])
      terminal.append([])
      try terminal.append()
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("unknown-field-of-header", .batches) { terminal in
      try terminal.append()
      let batch = try terminal.batch()
      let bytes = try BatchCodec.resealed(
        batch.bytes, fields: ConformanceTerminal.unknown(9), key: terminal.key)
      try await terminal.settle((bytes, batch.facts))
    },
    ConformanceCheck("unknown-field-of-batch", .batches) { terminal in
      try terminal.append()
      let batch = try terminal.batch()
      try await terminal.settle((batch.bytes + ConformanceTerminal.unknown(9), batch.facts))
    },
  ]

  private static func replay(
    _ bytes: [UInt8], of first: RawAnswer, _ terminal: ConformanceTerminal
  ) async throws {
    let again = try await terminal.post(bytes, to: .deliverBatch)
    guard again.status == 200, again.body == first.body else {
      throw Nonconformity(
        expected: "the stored ack, byte for byte", came: "another answer, status \(again.status)")
    }
  }

  static let forms: [ConformanceCheck] = [
    ConformanceCheck("json", .forms) { terminal in
      try terminal.append()
      try await terminal.settle(try terminal.batch(), in: .json)
    },
    ConformanceCheck("json-replay", .forms) { terminal in
      try terminal.append()
      let batch = try terminal.batch()
      let first = try await terminal.settle(batch)
      let answers = [
        try await terminal.post(batch.bytes, to: .deliverBatch, in: .json),
        try await terminal.post(batch.bytes, to: .deliverBatch, in: .json),
      ]
      guard answers[0].body == answers[1].body,
        try ConformanceTerminal.message(of: answers[0], .signed, in: .json) == first.body
      else { throw Nonconformity(expected: "the stored ack, in JSON", came: "another ack") }
    },
    ConformanceCheck("json-unknown-name", .forms) { terminal in
      try terminal.append()
      let batch = try terminal.batch()
      let json = try WireForm.json.write(batch.bytes, as: .batch).dropLast()
      let answer = try await terminal.send(
        RawRequest(
          "POST", WireContract.batchPath, fields: [("Content-Type", "application/json")],
          body: Array(json) + Array(", \"tomorrow\": {\"a\": [1, null]}}".utf8)))
      _ = try terminal.read(ack: answer, in: .json)
      // It is in JSON without being asked for, because the body was; and the records are held.
      try await terminal.settle(batch, in: .protobuf)
    },
    ConformanceCheck("accept", .forms) { terminal in
      let batch = try terminal.batch()
      for (fields, form) in acceptances {
        let answer = try await terminal.send(
          RawRequest("POST", WireContract.batchPath, fields: fields, body: batch.bytes))
        _ = try terminal.read(ack: answer, in: form)
      }
      try await terminal.settle(batch)
    },
    ConformanceCheck("accept-nothing-spoken", .forms) { terminal in
      let answer = try await terminal.send(
        RawRequest(
          "POST", WireContract.batchPath, fields: [("Accept", "text/html, application/json;q=0")],
          body: try terminal.batch().bytes))
      try ConformanceTerminal.expect(answer, .notAcceptable)
    },
    ConformanceCheck("media-type-not-spoken", .forms) { terminal in
      let answer = try await terminal.send(
        RawRequest(
          "POST", WireContract.batchPath, fields: [("Content-Type", "text/xml")],
          body: try terminal.batch().bytes))
      try ConformanceTerminal.expect(answer, .mediaTypeUnsupported)
    },
  ]

  /// What is said beside a body in protobuf, and the form that is wanted then.
  private static let acceptances: [([(String, String)], WireForm)] = [
    ([], .protobuf),
    ([("Content-Type", "application/x-protobuf"), ("Accept", "*/*")], .protobuf),
    ([("Accept", "application/x-protobuf;q=0.2, application/json;q=0.8")], .json),
    ([("Accept", "application/json;q=0.2, */*;q=0.8")], .protobuf),
    ([("Accept", "application/*;q=0.5, text/html")], .protobuf),
  ]
}
