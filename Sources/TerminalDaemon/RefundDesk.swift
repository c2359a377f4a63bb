import CanteenModel
import Journal

/// Gives back what another terminal sold: the centre sets it aside first.
struct RefundDesk: Sendable {
  let journal: Journal
  /// `nil` where the centre cannot be asked.
  let holds: HoldDesk?

  /// - Throws: ``OperatorRefusal``: nothing was given back. ``JournalError``.
  func refund(
    _ order: CorrectionOrder, soldBy seller: TerminalID, by identity: OperatorIdentity
  ) async throws -> CorrectionLine {
    guard order.kind == .refund else {
      throw OperatorRefusal(description: "only the terminal that sold takes its sales back whole")
    }
    guard let holds, holds.isOpen else {
      throw OperatorRefusal(description: Self.outOfReach(seller, "the centre is out of reach"))
    }
    let amounts = Fen(1)...HoldRequest.largest
    guard order.amount.map({ amounts.contains($0) }) ?? true else {
      throw OperatorRefusal(
        description: "the amount must be more than ¥0.00, and at most \(HoldRequest.largest)")
    }
    guard seller.number > 0, order.sequence > 0, order.sequence < UInt64(Int64.max) else {
      throw OperatorRefusal(description: Self.words(.unknownSale, seller))
    }
    let asked = try await journal.askRefund(
      of: seller, epoch: order.epoch.map { Epoch($0) }, sequence: SequenceNumber(order.sequence),
      amount: order.amount)
    let answer = await holds.answer(to: asked)
    switch try await journal.refund(asked: asked, answer: answer, by: identity, note: order.note) {
    case .refunded(let correction, let position): return CorrectionLine(correction, at: position)
    case .refused(let refusal):
      throw OperatorRefusal(description: Self.words(refusal, seller))
    case .unanswered:
      throw OperatorRefusal(description: Self.outOfReach(seller, "the centre did not answer"))
    }
  }

  private static func outOfReach(_ seller: TerminalID, _ what: String) -> String {
    "\(what), and nothing was given back: without it only the terminal that sold may refund. Go to "
      + "terminal \(seller), or try again when canteenctl status says that the link is up"
  }

  private static func words(_ refusal: RefundHoldRefusal, _ seller: TerminalID) -> String {
    switch refusal {
    case .unknownSale:
      "the centre has no such record of terminal \(seller), or not yet: check the number, or let that "
        + "terminal settle first (canteenctl sync)"
    case .notASale: "that record of terminal \(seller) is no sale, so there is nothing to give back"
    case .notCharged:
      "nobody was charged for that sale: it cost nothing, or the centre holds it in suspense"
    case .nothingLeft:
      "everything of this sale went back already, or another terminal is giving it back just now"
    case .moreThanLeft(let rest): "only \(rest) is left of this sale"
    case .released: "the request was given back before it came: try again"
    }
  }
}
