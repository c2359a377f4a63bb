/// An amount that the centre set aside for one terminal, by the number that the terminal drew for its
/// request: 32 random bytes, so that no two requests share one.
package struct HoldID: Hashable, Sendable {
  package let digest: Digest32

  package init(_ digest: Digest32) {
    self.digest = digest
  }
}

extension HoldID: CustomStringConvertible {
  /// 64 hexadecimal digits, lower case.
  package var description: String { digest.description }
}

/// What a sale takes from one hold.
package struct HoldSpend: Hashable, Sendable {
  package let hold: HoldID
  /// More than zero.
  package let amount: Fen

  package init(hold: HoldID, amount: Fen) {
    self.hold = hold
    self.amount = amount
  }

  /// The most holds that one sale may take from.
  package static let limit = 8
}

/// What a terminal asks of the centre: to set an amount of an account aside for it.
package struct HoldRequest: Hashable, Sendable {
  package let terminal: TerminalID
  package let id: HoldID
  package let account: AccountID
  /// As much as is wanted, at most ``largest``, and the least that is of any use. More than zero.
  package let asked: Fen
  package let least: Fen
  /// Sales of the account that took from no hold and that the centre may not have posted. At most
  /// ``ownSaleLimit``.
  package let ownSales: [OwnSale]
  /// The nonce of the last ack that the terminal stored, as in ``FeedRequest``.
  package let echoedNonce: Digest32?
  /// 32 random bytes that the answer repeats.
  package let challenge: Digest32

  package init(
    terminal: TerminalID, id: HoldID, account: AccountID, asked: Fen, least: Fen,
    ownSales: [OwnSale], echoedNonce: Digest32?, challenge: Digest32
  ) {
    self.terminal = terminal
    self.id = id
    self.account = account
    self.asked = asked
    self.least = least
    self.ownSales = ownSales
    self.echoedNonce = echoedNonce
    self.challenge = challenge
  }

  /// ¥100,000.00: what a rulebook's limit of one sale may be at most.
  package static let largest = Fen(10_000_000)
  package static let ownSaleLimit = 16

  /// A sale by its place. Older ones may be summed up under the place of the youngest of them: they
  /// count until all of them are posted.
  package struct OwnSale: Hashable, Sendable {
    package let position: JournalPosition
    /// More than zero.
    package let amount: Fen

    package init(position: JournalPosition, amount: Fen) {
      self.position = position
      self.amount = amount
    }
  }
}

/// Why the centre sets nothing aside. The numbers are those of the wire.
package enum HoldRefusal: UInt8, Hashable, Sendable, CaseIterable {
  /// The centre has no such account.
  case unknownAccount = 1
  /// The account is reported lost, or closed.
  case notActive = 2
  /// Less than the least that is of use is free.
  case insufficient = 3
  /// A record gave this request back before the centre saw it.
  case released = 4
}

/// What the centre answers, after its signature was verified.
package struct HoldAnswer: Hashable, Sendable {
  package enum Verdict: Hashable, Sendable {
    /// So much is set aside, between ``HoldRequest/least`` and ``HoldRequest/asked``.
    case granted(Fen)
    case refused(HoldRefusal)
  }

  package let terminal: TerminalID
  package let id: HoldID
  package let verdict: Verdict
  /// The account as the feed would show it now; `nil` when the centre has none.
  package let account: AccountSnapshot?
  package let challenge: Digest32
  /// The centre's Unix time in milliseconds.
  package let timeMilliseconds: Int64

  package init(
    terminal: TerminalID, id: HoldID, verdict: Verdict, account: AccountSnapshot?,
    challenge: Digest32, timeMilliseconds: Int64
  ) {
    self.terminal = terminal
    self.id = id
    self.verdict = verdict
    self.account = account
    self.challenge = challenge
    self.timeMilliseconds = timeMilliseconds
  }

  /// Whether it answers exactly this request, within what was asked.
  package func answers(_ request: HoldRequest) -> Bool {
    guard terminal == request.terminal, id == request.id, challenge == request.challenge,
      account?.account ?? request.account == request.account
    else { return false }
    guard case .granted(let amount) = verdict else { return true }
    return amount >= request.least && amount <= request.asked
  }
}

/// A terminal gives back what is left of a hold, or of one that it asked for and never used.
package struct HoldReleased: Hashable, Sendable {
  package let hold: HoldID
  /// `nil` for a refund that was asked for: only the centre's answer names the account.
  package let account: AccountID?

  package init(hold: HoldID, account: AccountID?) {
    self.hold = hold
    self.account = account
  }
}
