package import CanteenModel
import Foundation
import Glibc
import Journal
import TerminalCore

/// Why the terminal did not do what an operator asked, in words that say what to do.
package struct OperatorRefusal: Error, Hashable, CustomStringConvertible {
  package let description: String
}

extension Terminal {
  /// Gives back what a sale took.
  ///
  /// - Throws: ``OperatorRefusal``; nothing was written then. ``JournalError``.
  package func correct(
    _ order: CorrectionOrder, byUser userID: UInt32
  ) async throws -> CorrectionLine {
    let identity = OperatorIdentity(userID: userID, name: Self.userName(userID))
    guard order.kind != .refund || configuration.mayRefund(identity) else {
      throw OperatorRefusal(
        description:
          "\(identity) may not refund: canteen.refundUsers names who may; a sale of a day "
          + "that is still open can be voided")
    }
    guard order.kind != .reversal else {
      throw OperatorRefusal(
        description: "a reversal is made by the terminal; void the sale instead")
    }
    guard order.note.utf8.count <= CorrectionRecord.noteLimit else {
      throw OperatorRefusal(description: "the note has at most \(CorrectionRecord.noteLimit) bytes")
    }
    guard order.kind == .void || !order.note.isEmpty else {
      throw OperatorRefusal(description: "a refund needs a note that says why")
    }
    if let seller = order.terminal.map({ TerminalID($0) }), seller != journal.terminal {
      // Also after a refusal: what was asked for may be given back by a record.
      defer { settleSoon() }
      return try await RefundDesk(journal: journal, holds: holds).refund(
        order, soldBy: seller, by: identity)
    }
    let last = try await journal.standing().position
    guard order.sequence <= last.sequence.number || order.epoch != nil else {
      throw OperatorRefusal(description: Self.words(.noSuchRecord))
    }
    let original = JournalPosition(
      epoch: order.epoch.map { Epoch($0) } ?? last.epoch,
      sequence: SequenceNumber(min(order.sequence, UInt64(Int64.max))))
    let request = CorrectionRequest(
      kind: order.kind, original: original, amount: order.amount, by: identity, note: order.note)
    switch try await journal.correct(request) {
    case .refused(let refusal): throw OperatorRefusal(description: Self.words(refusal))
    case .corrected(let correction, let position):
      settleSoon()
      return CorrectionLine(correction, at: position)
    }
  }

  /// Counts and closes the day.
  package func closeDay(byUser userID: UInt32) async throws -> DayLine {
    let identity = OperatorIdentity(userID: userID, name: Self.userName(userID))
    _ = try await journal.closeDay(by: identity)
    settleSoon()
    guard let line = try await closedDays(1).first else {
      preconditionFailure("a day was closed a moment ago")
    }
    return line
  }

  /// The days that were closed last, newest first. `limit`: 1...1000.
  package func closedDays(_ limit: Int) async throws -> [DayLine] {
    let acknowledged = try await journal.standing().acknowledged.position
    return try await journal.closedDays(limit).map { entry in
      guard case .dayClosed(let closed) = entry.record.body else {
        preconditionFailure("the journal was asked for closed days")
      }
      return try DayLine(
        closed, at: entry.position, wallMilliseconds: entry.record.time.wallMilliseconds,
        isSettled: entry.position <= acknowledged)
    }
  }

  private static func words(_ refusal: CorrectionRefusal) -> String {
    switch refusal {
    case .noSuchRecord: "there is no such record: canteenctl journal lists the newest"
    case .notASale: "that record is no sale, so there is nothing to give back"
    case .nothingLeft: "everything of this sale went back already"
    case .moreThanLeft(let rest): "only \(rest) is left of this sale"
    case .notPositive: "the amount must be more than ¥0.00"
    case .onlyWhole:
      "a void takes the whole sale, and a part of it went back already: refund the rest"
    case .dayClosed: "the day of this sale is closed: what goes back now is a refund"
    }
  }

  /// The name of a user of the system; empty when it has none.
  private static func userName(_ userID: UInt32) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    // The entry points into the buffer, so it is read before the buffer goes.
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
      guard let start = buffer.baseAddress,
        getpwuid_r(userID, &entry, start, buffer.count, &found) == 0,
        found != nil, let name = entry.pw_name
      else { return "" }
      return String(cString: name)
    }
    return text.utf8.count <= OperatorIdentity.nameLimit ? text : ""
  }
}
