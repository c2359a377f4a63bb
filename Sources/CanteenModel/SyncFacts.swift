/// What a batch carried, as far as the rules need to know.
package struct BatchFacts: Hashable, Sendable {
  package let terminal: TerminalID
  package let epoch: Epoch
  /// The first sequence in the batch; when it is empty, the one that would come next.
  package let first: SequenceNumber
  /// 0...500.
  package let count: Int
  /// The heads before the first and after the last record; equal when the batch is empty.
  package let previousHead: Digest32
  package let head: Digest32
  /// The nonce of the last stored ack; `nil` before the first.
  package let echoedNonce: Digest32?
  package let challenge: Digest32
  /// What opens ``epoch``; `nil` when the terminal has none for it. Of no meaning once it is open.
  package let epochToken: Digest32?
  /// The newest record that the terminal has of this epoch, in this batch or behind it; `nil` when it does not
  /// say.
  package let newest: SequenceNumber?

  package init(
    terminal: TerminalID, epoch: Epoch, first: SequenceNumber, count: Int, previousHead: Digest32,
    head: Digest32, echoedNonce: Digest32?, challenge: Digest32, epochToken: Digest32? = nil,
    newest: SequenceNumber? = nil
  ) {
    self.terminal = terminal
    self.epoch = epoch
    self.first = first
    self.count = count
    self.previousHead = previousHead
    self.head = head
    self.echoedNonce = echoedNonce
    self.challenge = challenge
    self.epochToken = epochToken
    self.newest = newest
  }

  /// The last sequence that the sender holds once the batch is taken.
  package var last: SequenceNumber { SequenceNumber(first.number + UInt64(count) - 1) }
}

/// What an ack says, after its signature was verified.
package struct AckFacts: Hashable, Sendable {
  package let terminal: TerminalID
  package let position: JournalPosition
  /// The centre's head at ``position``.
  package let head: Digest32
  /// To be echoed in the next batch.
  package let nonce: Digest32
  /// The challenge of the batch that this answers.
  package let challenge: Digest32
  /// The centre's Unix time in milliseconds.
  package let timeMilliseconds: Int64
  /// How many records the next batch may carry. 0...500; 0 asks the terminal to wait.
  package let nextSize: Int
  package let nextEpoch: Epoch
  /// Opens ``nextEpoch``, once.
  package let epochToken: Digest32
  /// The operator of the centre retired the terminal: it sells nothing more, and hands in what it has.
  package let isRetired: Bool

  package init(
    terminal: TerminalID, position: JournalPosition, head: Digest32, nonce: Digest32,
    challenge: Digest32, timeMilliseconds: Int64, nextSize: Int, nextEpoch: Epoch,
    epochToken: Digest32, isRetired: Bool = false
  ) {
    self.terminal = terminal
    self.position = position
    self.head = head
    self.nonce = nonce
    self.challenge = challenge
    self.timeMilliseconds = timeMilliseconds
    self.nextSize = nextSize
    self.nextEpoch = nextEpoch
    self.epochToken = epochToken
    self.isRetired = isRetired
  }
}

/// One page of the downlink, after its signature was verified.
package struct FeedPage: Hashable, Sendable {
  package let terminal: TerminalID
  /// The cursor that was asked from, and the one to ask from next.
  package let fromCursor: Int64
  package let toCursor: Int64
  /// More rows wait behind ``toCursor``.
  package let hasMore: Bool
  package let accounts: [AccountSnapshot]
  /// Rows of the catalogue; a price of zero takes an item from sale.
  package let items: [CatalogueRow]
  /// The next one that the terminal does not have; `nil` when it has all.
  package let rulebook: Rulebook?
  /// Where the terminal stands; `nil` when the centre does not know.
  package let place: TerminalPlace?
  /// The centre's Unix time in milliseconds.
  package let timeMilliseconds: Int64
  /// The nonce that the request echoed: along whose ack the rows' includes are named. A terminal that has
  /// stored another ack since must not take the page.
  package let echoedNonce: Digest32?
  /// Up to which version every account that may not pay has been sent, in this page or before it; 0: the
  /// centre says nothing of it.
  package let deniedCursor: Int64

  package init(
    terminal: TerminalID, fromCursor: Int64, toCursor: Int64, hasMore: Bool,
    accounts: [AccountSnapshot], items: [CatalogueRow] = [], rulebook: Rulebook?,
    place: TerminalPlace? = nil, timeMilliseconds: Int64, echoedNonce: Digest32? = nil,
    deniedCursor: Int64 = 0
  ) {
    self.terminal = terminal
    self.fromCursor = fromCursor
    self.toCursor = toCursor
    self.hasMore = hasMore
    self.accounts = accounts
    self.items = items
    self.rulebook = rulebook
    self.place = place
    self.timeMilliseconds = timeMilliseconds
    self.echoedNonce = echoedNonce
    self.deniedCursor = deniedCursor
  }
}

/// An item of the catalogue and the centre's counter; a row replaces one with a smaller version only.
package struct CatalogueRow: Hashable, Sendable {
  package let item: Item
  package let version: Int64

  package init(item: Item, version: Int64) {
    self.item = item
    self.version = version
  }
}

/// From where the terminal wants to be fed.
package struct FeedCursor: Hashable, Sendable {
  /// 0 at the very beginning.
  package let version: Int64
  /// 0 when the terminal has no rulebook.
  package let rulebookVersion: Int64
  /// Up to which version the terminal knows every account that may not pay; below ``version`` it says nothing
  /// more. 0: it does not remember.
  package let denied: Int64

  package init(version: Int64, rulebookVersion: Int64, denied: Int64 = 0) {
    self.version = version
    self.rulebookVersion = rulebookVersion
    self.denied = denied
  }
}

/// What a terminal asks of the feed, after its signature was verified.
package struct FeedRequest: Hashable, Sendable {
  package let terminal: TerminalID
  package let cursor: FeedCursor
  /// The nonce of the last stored ack, which says along which branch of records the rows name what
  /// they include; `nil` before the first, when they include nothing.
  package let echoedNonce: Digest32?

  package init(terminal: TerminalID, cursor: FeedCursor, echoedNonce: Digest32?) {
    self.terminal = terminal
    self.cursor = cursor
    self.echoedNonce = echoedNonce
  }
}

/// The limits of the wire (ARCHITECTURE.md, The record).
package enum WireLimit {
  package static let recordsPerBatch = 500
  package static let bytesPerBatch = 256 * 1024
  package static let accountsPerFeedPage = 1000
  /// A record is refused by the encoder above this; an ordinary sale has about 60 bytes.
  package static let bytesPerRecord = 4096
}
