package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Requests for what goes back from another terminal's sale, and what the centre answers, to bytes and
/// back.
package enum RefundHoldCodec {
  static let format: UInt32 = 1
  /// No request is longer.
  package static let requestBytesLimit = 512
  /// No answer is longer: as many parts as a sale has.
  package static let answerBytesLimit = 4096

  /// The signed bytes of a request.
  ///
  /// - Parameter key: The terminal's own.
  package static func seal(
    _ request: RefundHoldRequest, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_RefundHoldRequest()
    message.format = format
    message.terminal = request.terminal.number
    message.requestID = Data(request.id.digest.bytes)
    message.seller = request.seller.number
    message.epoch = request.epoch?.number ?? 0
    message.sequence = request.sequence.number
    message.fen = request.amount?.value ?? 0
    message.challenge = Data(request.challenge.bytes)
    return try serialized(try key.sign(try serialized(message), as: .refundRequest))
  }

  /// Verifies the signature and every limit of a request.
  ///
  /// - Parameter key: That of the terminal that is said to ask.
  /// - Throws: ``WireError/badSignature``, ``WireError/malformed(_:)``,
  ///   ``WireError/unsupported(_:)``, ``WireError/tooLarge(_:)``.
  package static func open(
    request bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> RefundHoldRequest {
    let what = "refund request"
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: requestBytesLimit, what)
    let body = try key.open(signed, as: .refundRequest)
    let message: Canteen_V1_RefundHoldRequest = try parsed(body, limit: requestBytesLimit, what)
    guard message.format == format else { throw .unsupported("\(what).format \(message.format)") }
    guard message.terminal > 0 else { throw .malformed("\(what).terminal") }
    guard message.seller > 0, message.seller != message.terminal else {
      throw .malformed("\(what).seller: another terminal")
    }
    guard let id = Digest32(message.requestID) else { throw .malformed("\(what).request_id") }
    guard message.sequence > 0, message.sequence < UInt64(Int64.max) else {
      throw .malformed("\(what).sequence")
    }
    guard message.fen >= 0, message.fen <= HoldRequest.largest.value else {
      throw .malformed("\(what).fen: 0 to 10,000,000")
    }
    guard let challenge = Digest32(message.challenge) else {
      throw .malformed("\(what).challenge")
    }
    return RefundHoldRequest(
      terminal: TerminalID(message.terminal), id: HoldID(id), seller: TerminalID(message.seller),
      epoch: message.epoch == 0 ? nil : Epoch(message.epoch),
      sequence: SequenceNumber(message.sequence),
      amount: message.fen == 0 ? nil : Fen(message.fen), challenge: challenge)
  }

  /// The signed bytes of an answer. The centre keeps them and answers a repeated request with the same.
  package static func seal(
    _ answer: RefundHoldAnswer, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_RefundHoldAnswer()
    message.format = format
    message.terminal = answer.terminal.number
    message.requestID = Data(answer.id.digest.bytes)
    switch answer.verdict {
    case .granted(let grant): message.sale = Canteen_V1_RefundHoldAnswer.Sale(grant)
    case .refused(let refusal):
      message.refusal = Canteen_V1_RefundHoldRefusal(refusal)
      if case .moreThanLeft(let left) = refusal { message.leftFen = left.value }
    }
    message.challenge = Data(answer.challenge.bytes)
    message.timeMs = answer.timeMilliseconds
    return try serialized(try key.sign(try serialized(message), as: .refund))
  }

  /// Verifies the signature and reads an answer. Whether it answers what was asked, the caller asks
  /// ``RefundHoldAnswer/answers(_:)``.
  package static func open(
    answer bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> RefundHoldAnswer {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: answerBytesLimit, "refund")
    let body = try key.open(signed, as: .refund)
    let message: Canteen_V1_RefundHoldAnswer = try parsed(body, limit: answerBytesLimit, "refund")
    guard message.format == format else { throw .unsupported("refund.format \(message.format)") }
    guard let id = Digest32(message.requestID) else { throw .malformed("refund.request_id") }
    guard let challenge = Digest32(message.challenge) else { throw .malformed("refund.challenge") }
    let verdict: RefundHoldAnswer.Verdict
    if message.hasSale, message.refusal == .unspecified {
      verdict = .granted(try message.sale.model())
    } else {
      guard !message.hasSale else { throw .malformed("refund.refusal") }
      verdict = .refused(try message.refusal.model(left: message.leftFen))
    }
    return RefundHoldAnswer(
      terminal: TerminalID(message.terminal), id: HoldID(id), verdict: verdict,
      challenge: challenge, timeMilliseconds: message.timeMs)
  }
}

extension Canteen_V1_RefundHoldAnswer.Sale {
  fileprivate init(_ grant: RefundHoldAnswer.Grant) {
    self.init()
    epoch = grant.original.epoch.number
    sequence = grant.original.sequence.number
    id = Data(grant.originalID.bytes)
    account = grant.account.number
    meal = .with {
      $0.day = grant.slot.day
      $0.period = UInt32(grant.slot.period)
    }
    returns = grant.returns.map { Canteen_V1_Spend($0) }
  }

  fileprivate func model() throws(WireError) -> RefundHoldAnswer.Grant {
    guard let id = Digest32(id) else { throw .malformed("refund.sale.id") }
    guard account > 0 else { throw .malformed("refund.sale.account") }
    guard hasMeal, let period = UInt8(exactly: meal.period) else {
      throw .malformed("refund.sale.meal")
    }
    guard returns.count <= Canteen_V1_Sale.spendLimit else {
      throw .tooLarge("refund.sale.returns")
    }
    let parts = try Canteen_V1_Spend.returned(returns)
    guard Set(parts.map { [$0.purse.number, $0.tranche.number] }).count == parts.count else {
      throw .malformed("refund.sale.returns: a tranche is named twice")
    }
    let original = try JournalPosition(epoch: epoch, sequence: sequence)
    do throws(MoneyError) {
      return try RefundHoldAnswer.Grant(
        original: original, originalID: id, account: AccountID(account),
        slot: MealKey(day: meal.day, period: period), returns: parts)
    } catch {
      throw .malformed("refund.sale: its parts do not sum")
    }
  }
}

extension Canteen_V1_RefundHoldRefusal {
  fileprivate init(_ refusal: CanteenModel.RefundHoldRefusal) {
    switch refusal {
    case .unknownSale: self = .unknownSale
    case .notASale: self = .notASale
    case .notCharged: self = .notCharged
    case .nothingLeft: self = .nothingLeft
    case .moreThanLeft: self = .moreThanLeft
    case .released: self = .released
    }
  }

  fileprivate func model(left: Int64) throws(WireError) -> CanteenModel.RefundHoldRefusal {
    switch self {
    case .unknownSale: return .unknownSale
    case .notASale: return .notASale
    case .notCharged: return .notCharged
    case .nothingLeft: return .nothingLeft
    case .moreThanLeft:
      guard left > 0 else { throw .malformed("refund.left_fen") }
      return .moreThanLeft(Fen(left))
    case .released: return .released
    case .unspecified, .UNRECOGNIZED: throw .malformed("refund.refusal")
    }
  }
}
