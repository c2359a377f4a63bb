import CanteenModel
import SyncProtocol
import SyncTransport

extension ConformanceCheck {
  /// A batch that must be refused, and by which name.
  private static func bad(
    _ name: String, _ section: ContractSection, _ problem: WireProblem,
    bytes: @escaping @Sendable (ConformanceTerminal) throws -> [UInt8]
  ) -> ConformanceCheck {
    ConformanceCheck(name, section) { terminal in
      let answer = try await terminal.send(
        RawRequest(
          "POST", WireContract.batchPath, fields: [("Content-Type", "application/x-protobuf")],
          body: try bytes(terminal)))
      try ConformanceTerminal.expect(answer, problem)
    }
  }

  /// Bytes that stand for a header's field: last wins.
  private static func number(_ field: Int, _ value: Int) -> [UInt8] {
    [UInt8(field << 3)] + ConformanceTerminal.varint(value)
  }

  static let refusals: [ConformanceCheck] = [
    bad("garbage", .refusals, .malformed) { _ in [0x01, 0x02, 0x03] },
    bad("wrong-signature", .whoMayAsk, .notGenuine) { tampered(try $0.batch(count: 0).bytes) },
    bad("wrong-key", .whoMayAsk, .notGenuine) { try $0.batch(by: SigningKey()).bytes },
    bad("wrong-identity", .whoMayAsk, .malformed) { terminal in
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: number(2, Int(terminal.id.number) ^ 1 | 2),
        key: terminal.key)
    },
    bad("wrong-kind", .whoMayAsk, .notGenuine) { terminal in
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: [], as: .feedRequest, key: terminal.key)
    },
    bad("wrong-format", .refusals, .notSpoken) { terminal in
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: number(1, 2), key: terminal.key)
    },
    bad("broken-chain", .batches, .notGenuine) { terminal in
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: number(5, 1) + number(11, terminal.held + 1),
        records: [[1, 2, 3]], key: terminal.key)
    },
    bad("wrong-count", .batches, .malformed) { terminal in
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: [], records: [[1, 2, 3]], key: terminal.key)
    },
    bad("no-challenge", .batches, .malformed) { terminal in
      // An empty field of bytes takes the challenge's place.
      try BatchCodec.resealed(
        try terminal.batch().bytes, fields: [9 << 3 | 2, 0], key: terminal.key)
    },
    bad("deep-protobuf", .limits, .malformed) { _ in [UInt8](repeating: 0x0B, count: 100_000) },
    ConformanceCheck("deep-json", .limits) { terminal in
      let deep = Array(String(repeating: "{\"x\":", count: 60_000).utf8)
      let answer = try await terminal.send(
        RawRequest(
          "POST", WireContract.batchPath, fields: [("Content-Type", "application/json")],
          body: deep))
      try ConformanceTerminal.expect(answer, .malformed, .bodyTooLarge)
    },
    ConformanceCheck("json-that-is-none", .refusals) { terminal in
      for text in ["{", "[]", "{\"header\": 7}", "{\"records\": [\"*\"]}"] {
        let answer = try await terminal.send(
          RawRequest(
            "POST", WireContract.batchPath, fields: [("Content-Type", "application/json")],
            body: Array(text.utf8)))
        try ConformanceTerminal.expect(answer, .malformed)
      }
    },
    ConformanceCheck("unknown-path", .refusals) { terminal in
      let answer = try await terminal.send(RawRequest("POST", "/v1/nothing", body: [1]))
      try ConformanceTerminal.expect(answer, .notFound)
    },
    ConformanceCheck("wrong-method", .refusals) { terminal in
      let answer = try await terminal.send(RawRequest("DELETE", WireContract.batchPath))
      try ConformanceTerminal.expect(answer, .methodNotAllowed)
      guard answer.field("Allow")?.contains("POST") == true else {
        throw Nonconformity(expected: "Allow: POST", came: answer.field("Allow") ?? "no Allow")
      }
    },
    ConformanceCheck("nothing-was-taken", .batches) { terminal in
      try await terminal.settle(try terminal.batch())
    },
  ]

  static let limits: [ConformanceCheck] = [
    ConformanceCheck("largest-batch", .limits) { terminal in
      for _ in 0..<WireLimit.recordsPerBatch { try terminal.append(padding: 470) }
      let batch = try terminal.batch()
      let first = try await terminal.settle(batch)
      let again = try await terminal.post(batch.bytes, to: .deliverBatch, in: .json)
      guard try ConformanceTerminal.message(of: again, .signed, in: .json) == first.body else {
        throw Nonconformity(expected: "the same ack for it in JSON", came: "another")
      }
    },
    ConformanceCheck("too-large", .limits) { terminal in
      let request = RawRequest(
        "POST", WireContract.batchPath,
        body: [UInt8](repeating: 0, count: WireLimit.bytesPerBatch + 1))
      do {
        let caller = try terminal.caller(showing: terminal.identity)
        let answer = try await caller.send(
          request, to: terminal.address, within: ConformanceTerminal.patience, upTo: 1 << 20)
        try ConformanceTerminal.expect(answer, .bodyTooLarge)
      } catch LinkError.unreachable {
        // Who hangs up in the middle of it has refused it, too.
      }
    },
    bad("too-many-records", .limits, .malformed) { terminal in
      let records = [[UInt8]](repeating: [7], count: WireLimit.recordsPerBatch + 1)
      let first = SequenceNumber(UInt64(terminal.held) + 1)
      let previous = terminal.head(at: terminal.held)
      let heads = Chain.heads(
        after: previous, records: records, terminal: terminal.id, epoch: terminal.epoch,
        first: first)
      return try BatchCodec.resealed(
        try terminal.batch(count: 0).bytes,
        fields: number(5, records.count) + [7 << 3 | 2, 32] + (heads.last?.bytes ?? [])
          + number(11, terminal.held + records.count),
        records: records, key: terminal.key)
    },
    bad("too-large-record", .limits, .malformed) { terminal in
      let record = [UInt8](repeating: 7, count: WireLimit.bytesPerRecord + 1)
      return try BatchCodec.resealed(
        try terminal.batch(count: 0).bytes,
        fields: number(5, 1) + [7 << 3 | 2, 32]
          + terminal.head(of: record, after: terminal.held).bytes
          + number(11, terminal.held + 1), records: [record], key: terminal.key)
    },
  ]
}
