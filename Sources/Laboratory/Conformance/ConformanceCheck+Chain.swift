import CanteenModel
import LinkSecurity
import SyncProtocol
import SyncTransport

extension ConformanceCheck {
  static let copies: [ConformanceCheck] = [
    ConformanceCheck("gap", .copies) { terminal in
      for _ in 0..<3 { try terminal.append() }
      let batch = try terminal.batch(after: terminal.held + 2)
      // What the centre wants is behind what it holds.
      try await terminal.settle(
        batch, end: (terminal.held, terminal.head(at: terminal.held)), flags: ["gap"])
    },
    ConformanceCheck("gap-filled", .copies) { terminal in
      try await terminal.settle(try terminal.batch())
    },
    ConformanceCheck("stale-nonce", .copies) { terminal in
      try terminal.append()
      let batch = try terminal.batch(echo: .some(terminal.firstNonce))
      try await terminal.settle(batch, flags: ["staleCopy"])
    },
    ConformanceCheck("older-image", .copies) { terminal in
      // Nothing new, and less than was handed in: the terminal's own end is said, and it is behind.
      let short = terminal.held - 1
      let batch = try BatchCodec.seal(
        [], terminal: terminal.id, epoch: terminal.epoch,
        first: SequenceNumber(UInt64(short) + 1), previousHead: terminal.head(at: short),
        echoedNonce: terminal.ack?.nonce, challenge: .random(),
        newest: SequenceNumber(UInt64(short)), key: terminal.key)
      try await terminal.settle(
        batch, end: (short, terminal.head(at: short)), flags: ["staleCopy"])
      try await terminal.settle(try terminal.batch(after: short))
    },
    ConformanceCheck("fork", .copies) { terminal in
      let place = terminal.held - 1
      let other: [UInt8] = [0x0A, 0x00]
      let batch = try BatchCodec.seal(
        [other], terminal: terminal.id, epoch: terminal.epoch,
        first: SequenceNumber(UInt64(place) + 1), previousHead: terminal.head(at: place),
        echoedNonce: terminal.ack?.nonce, challenge: .random(), key: terminal.key)
      try await terminal.settle(
        batch, end: (place + 1, terminal.head(of: other, after: place)), flags: ["fork"])
    },
    ConformanceCheck("first-branch-goes-on", .copies) { terminal in
      try terminal.append()
      try await terminal.settle(try terminal.batch())
    },
  ]

  static let epochs: [ConformanceCheck] = [
    ConformanceCheck("unknown-epoch", .epochs) { terminal in
      try await refused(epoch: Epoch(9), terminal.ack?.epochToken, terminal)
    },
    ConformanceCheck("epoch-without-token", .epochs) { terminal in
      guard let ack = terminal.ack else { preconditionFailure("it has settled") }
      try await refused(epoch: ack.nextEpoch, nil, terminal)
      try await refused(epoch: ack.nextEpoch, .random(), terminal)
    },
    ConformanceCheck("epoch", .epochs) { terminal in
      guard let ack = terminal.ack else { preconditionFailure("it has settled") }
      terminal.begin(ack.nextEpoch)
      try terminal.append(
        .epochOpened(EpochOpened(previous: ack.position, previousHead: ack.head)))
      try await terminal.settle(try terminal.batch(token: ack.epochToken))
      // In an epoch that is open the token means nothing.
      try terminal.append()
      try await terminal.settle(try terminal.batch(token: ack.epochToken))
      guard let next = terminal.ack else { preconditionFailure("it has settled") }
      try await refused(epoch: next.nextEpoch, ack.epochToken, terminal)
    },
  ]

  private static func refused(
    epoch: Epoch, _ token: Digest32?, _ terminal: ConformanceTerminal
  ) async throws {
    let batch = try BatchCodec.seal(
      [[0x0A, 0x00]], terminal: terminal.id, epoch: epoch, first: SequenceNumber(1),
      previousHead: .zero, echoedNonce: terminal.ack?.nonce, challenge: .random(),
      epochToken: token, key: terminal.key)
    let answer = try await terminal.post(batch.bytes, to: .deliverBatch)
    try ConformanceTerminal.expect(answer, .epochNotOpen)
  }

  static let certificates: [ConformanceCheck] = [
    ConformanceCheck("renew-other-signature", .certificates) { terminal in
      let request = RenewRequest(
        terminal: terminal.id, certificateRequest: try LinkKey().certificateRequest())
      let bytes = try EnrolmentCodec.seal(request, key: SigningKey())
      let answer = try await terminal.post(bytes, to: .renew)
      try ConformanceTerminal.expect(answer, .notGenuine)
    },
    ConformanceCheck("renew", .certificates) { terminal in
      let before = terminal.identity
      terminal.linkKey = LinkKey()
      let request = RenewRequest(
        terminal: terminal.id, certificateRequest: try terminal.linkKey.certificateRequest())
      let answer = try await terminal.post(
        try EnrolmentCodec.seal(request, key: terminal.key), to: .renew)
      try await take(enrolment: answer, terminal)
      try await terminal.settle(try terminal.batch())
      try await refused(by: terminal, showing: before, .noCertificate, .notAdmitted)
    },
  ]
}
