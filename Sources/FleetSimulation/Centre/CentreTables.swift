import CanteenModel
import SettlementCore
import SyncProtocol

/// What the simulated centre has on its disk: the tables of the books as values.
struct CentreTables {
  /// By account number, from 1 on.
  var accounts: [AccountFile] = []
  /// By terminal number, from 1 on.
  var terminals: [TerminalFile] = []
  var feedVersion: Int64 = 0
  /// In order of version, as they were signed.
  var rulebooks: [(rulebook: Rulebook, signed: [UInt8])] = []
  /// What is sold by its number; it is fed with each rulebook.
  var catalogue: [Item] = []
  /// Ledger accounts beside the purses: see ``LedgerAccount``.
  var funding: Int64 = 0
  var suspense: Int64 = 0
  /// Records that are taken and not yet posted, in the order in which they came.
  var waiting: [(read: ReadRecord, terminal: TerminalID)] = []
  /// How often all of them were posted.
  var postings = 0
  /// What people must look at, and how often each was raised.
  var flags: [Flag] = []

  struct Flag: Equatable {
    enum Kind: String {
      case fork, staleCopy, gap, unknownEpoch, holdExceeded, retiredKey, notGenuine
    }

    let kind: Kind
    let terminal: TerminalID
  }

  /// One diner's account.
  struct AccountFile {
    let name: String
    var status = AccountStatus.active
    let homeCanteen: CanteenID?
    var category = DinerCategory.ordinary
    /// What a meal costs by the diner's own unit.
    var homePrices: [UInt8: Fen] = [:]
    var tranches: [TrancheBalance] = []
    var credentials: [Credential] = []
    var version: Int64 = 0
  }

  /// A record that was taken.
  struct Taken {
    let position: JournalPosition
    let sale: SaleRecord?
    /// What became of it when it was posted.
    var standing = Posting.Standing.nothingToPost
    let isAccepted: Bool
    /// The key that signed its batch.
    let signer: Digest32
    /// The corrections of it that took effect.
    var corrections: [CorrectionRecord] = []
  }

  /// The answer to a batch.
  struct Intake {
    let number: Int64
    let batch: BatchFacts
    let ack: [UInt8]
    let acked: JournalPosition
    let ackedHead: Digest32
    let nextEpoch: Epoch
    let token: Digest32
    let added: Int
  }

  /// What was set aside.
  struct Hold {
    enum Closed { case used, record, refused }

    let account: AccountID
    let asked: Fen
    let granted: Fen
    var used = Fen.zero
    var closed: Closed?
    let challenge: Digest32?
    let answer: [UInt8]
  }

  /// The accepted branch of an epoch.
  struct Chain {
    let epoch: Epoch
    /// The head after each record.
    var heads: [Digest32] = []
    /// Where a fork's record stands lowest.
    var firstFork: SequenceNumber?

    var last: SequenceNumber { SequenceNumber(UInt64(heads.count)) }
    var head: Digest32 { heads.last ?? .zero }
  }

  /// What is known of a terminal.
  struct TerminalFile {
    let canteen: CanteenID
    var publicKey: Digest32
    /// In order of epoch.
    var chains: [Chain] = []
    var records: [Digest32: Taken] = [:]
    /// By the nonce of their acks, and by the challenges of their batches.
    var intakes: [Digest32: Intake] = [:]
    var byChallenge: [Digest32: Digest32] = [:]
    /// Nonces of acks that brought no record, in order of their numbers.
    var idle: [(number: Int64, nonce: Digest32)] = []
    var lastEchoed: Int64 = 0
    var lastIntake: Int64 = 0
    /// By account number from 1 on: the last accepted record that charges it.
    var included: [JournalPosition?] = []
    var holds: [HoldID: Hold] = [:]
    var rotations: [HeldRotation] = []
    var grant: (epoch: Epoch, token: Digest32, openedAfter: Int64?)?
    var payable: Int64 = 0

    var newestEpoch: Epoch? { chains.last?.epoch }

    func chain(_ epoch: Epoch) -> Int? { chains.firstIndex { $0.epoch == epoch } }

    var keyLine: KeyLine { KeyLine(current: publicKey, rotations: rotations) }
  }
}
