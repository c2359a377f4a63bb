package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Requests for holds, and what the centre answers, to bytes and back.
package enum HoldCodec {
  static let format: UInt32 = 1
  /// No request is longer: ``HoldRequest/ownSaleLimit`` sales.
  package static let requestBytesLimit = 2048
  /// No answer is longer: one row of the feed.
  package static let answerBytesLimit = 64 * 1024

  /// The signed bytes of a request.
  ///
  /// - Parameter key: The terminal's own.
  package static func seal(
    _ request: HoldRequest, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_HoldRequest()
    message.format = format
    message.terminal = request.terminal.number
    message.requestID = Data(request.id.digest.bytes)
    message.account = request.account.number
    message.fen = request.asked.value
    message.leastFen = request.least.value
    message.ownSales = request.ownSales.map { sale in
      .with {
        $0.epoch = sale.position.epoch.number
        $0.sequence = sale.position.sequence.number
        $0.fen = sale.amount.value
      }
    }
    message.echoedNonce = Data(request.echoedNonce?.bytes ?? [])
    message.challenge = Data(request.challenge.bytes)
    return try serialized(try key.sign(try serialized(message), as: .holdRequest))
  }

  /// Verifies the signature and every limit of a request.
  ///
  /// - Parameter key: That of the terminal that is said to ask.
  /// - Throws: ``WireError/badSignature``, ``WireError/malformed(_:)``,
  ///   ``WireError/unsupported(_:)``, ``WireError/tooLarge(_:)``.
  package static func open(
    request bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> HoldRequest {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: requestBytesLimit, "hold request")
    let body = try key.open(signed, as: .holdRequest)
    let message: Canteen_V1_HoldRequest = try parsed(
      body, limit: requestBytesLimit, "hold request")
    guard message.format == format else {
      throw .unsupported("hold request.format \(message.format)")
    }
    guard message.terminal > 0 else { throw .malformed("hold request.terminal") }
    guard let id = Digest32(message.requestID) else { throw .malformed("hold request.request_id") }
    guard message.account > 0 else { throw .malformed("hold request.account") }
    guard message.leastFen > 0, message.leastFen <= message.fen,
      message.fen <= HoldRequest.largest.value
    else { throw .malformed("hold request.fen: 0 < least_fen <= fen <= 10,000,000") }
    let nonce = Digest32(message.echoedNonce)
    guard nonce != nil || message.echoedNonce.isEmpty else {
      throw .malformed("hold request.echoed_nonce")
    }
    guard let challenge = Digest32(message.challenge) else {
      throw .malformed("hold request.challenge")
    }
    return HoldRequest(
      terminal: TerminalID(message.terminal), id: HoldID(id), account: AccountID(message.account),
      asked: Fen(message.fen), least: Fen(message.leastFen),
      ownSales: try Canteen_V1_HoldRequest.OwnSale.models(message.ownSales), echoedNonce: nonce,
      challenge: challenge)
  }

  /// The signed bytes of an answer. The centre keeps them and answers a repeated request with the same.
  package static func seal(_ answer: HoldAnswer, key: SigningKey) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_HoldAnswer()
    message.format = format
    message.terminal = answer.terminal.number
    message.requestID = Data(answer.id.digest.bytes)
    switch answer.verdict {
    case .granted(let amount): message.grantedFen = amount.value
    case .refused(let refusal):
      message.refusal = Canteen_V1_HoldRefusal(rawValue: Int(refusal.rawValue)) ?? .unspecified
    }
    if let account = answer.account { message.account = Canteen_V1_AccountRow(account) }
    message.challenge = Data(answer.challenge.bytes)
    message.timeMs = answer.timeMilliseconds
    return try serialized(try key.sign(try serialized(message), as: .hold))
  }

  /// Verifies the signature and reads an answer. Whether it answers what was asked, the caller asks
  /// ``HoldAnswer/answers(_:)``.
  package static func open(
    answer bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> HoldAnswer {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: answerBytesLimit, "hold")
    let body = try key.open(signed, as: .hold)
    let message: Canteen_V1_HoldAnswer = try parsed(body, limit: answerBytesLimit, "hold")
    guard message.format == format else { throw .unsupported("hold.format \(message.format)") }
    guard let id = Digest32(message.requestID) else { throw .malformed("hold.request_id") }
    guard let challenge = Digest32(message.challenge) else { throw .malformed("hold.challenge") }
    let verdict: HoldAnswer.Verdict
    if message.grantedFen > 0, message.refusal == .unspecified {
      verdict = .granted(Fen(message.grantedFen))
    } else {
      let refusal = UInt8(exactly: message.refusal.rawValue)
        .flatMap(CanteenModel.HoldRefusal.init(rawValue:))
      guard message.grantedFen == 0, let refusal else { throw .malformed("hold.refusal") }
      verdict = .refused(refusal)
    }
    return HoldAnswer(
      terminal: TerminalID(message.terminal), id: HoldID(id), verdict: verdict,
      account: message.hasAccount ? try message.account.model() : nil, challenge: challenge,
      timeMilliseconds: message.timeMs)
  }
}

extension Canteen_V1_HoldRequest.OwnSale {
  fileprivate static func models(
    _ sales: [Self]
  ) throws(WireError) -> [CanteenModel.HoldRequest.OwnSale] {
    guard sales.count <= CanteenModel.HoldRequest.ownSaleLimit else {
      throw .tooLarge("hold request.own_sales: at most 16")
    }
    var read: [CanteenModel.HoldRequest.OwnSale] = []
    for sale in sales {
      guard sale.fen > 0, sale.sequence < UInt64(Int64.max) else {
        throw .malformed("hold request.own_sales")
      }
      read.append(
        CanteenModel.HoldRequest.OwnSale(
          position: JournalPosition(
            epoch: Epoch(sale.epoch), sequence: SequenceNumber(sale.sequence)),
          amount: Fen(sale.fen)))
    }
    return read
  }
}
