import CanteenModel
import GRDB
import SyncProtocol

extension SavedState {
  /// What a mirror says; only what it never knows comes from the file, as far as that can be read.
  fileprivate init(_ scan: MirrorScan, _ file: SavedState?) {
    let none = JournalPosition(epoch: Epoch(0), sequence: .none)
    let (beginning, end) = (scan.beginning, scan.end.position)
    position = max(end, file?.position ?? none)
    if let ack = scan.acknowledged {
      acknowledged = Acknowledged(
        position: ack.position, head: ack.head, nonce: ack.nonce,
        timeMilliseconds: ack.timeMilliseconds, nextSize: ack.nextSize)
      offered =
        ack.nextEpoch > end.epoch
        ? GrantedEpoch(epoch: ack.nextEpoch, token: ack.epochToken) : nil
    } else {
      // A mirror begins at a place that the centre has, or at the beginning of all.
      acknowledged = Acknowledged(
        position: beginning.position, head: beginning.head, nonce: nil, timeMilliseconds: 0,
        nextSize: WireLimit.recordsPerBatch)
      offered = nil
    }
    canteen = file?.canteen ?? 0
    isOnlyTerminal = file?.isOnlyTerminal ?? false
    closedUpTo = file?.closedUpTo ?? none
    bootID = file?.bootID ?? ""
    bootStart = file?.bootStart ?? none
    wasOpen = true
    isRetired = file?.isRetired ?? false
  }
}

extension DamagedLedger {
  private init(_ scan: MirrorScan, in mirror: MirrorFile, besides file: DamagedLedger) {
    self.mirror = mirror
    terminal = file.terminal
    start = scan.beginning
    pruned = file.pruned
    let said = SavedState(scan, file.state)
    acknowledged = ChainPlace(
      position: said.acknowledged.position, head: said.acknowledged.head)
    state = said
  }

  /// Reads from the mirror where that goes further than the file.
  ///
  /// - Parameter db: The file; `nil` when SQLite can do nothing with it.
  func orMirror(_ mirror: MirrorFile?, _ db: Database?) -> DamagedLedger {
    // try?: a medium that cannot be read is of no help.
    guard let mirror, let scan = try? mirror.scan() else { return self }
    var end = JournalPosition(epoch: Epoch(0), sequence: .none)
    // try?: the visit throws nothing.
    try? walk(db) { position, _ in end = position }
    return scan.end.position > end ? DamagedLedger(scan, in: mirror, besides: self) : self
  }
}
