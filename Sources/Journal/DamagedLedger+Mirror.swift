import CanteenModel
import GRDB
import SyncProtocol

extension SavedState {
  /// What a mirror says, and of the rest what can be read of the file.
  init(_ scan: MirrorScan, _ acked: ChainPlace, _ file: SavedState?) {
    let none = JournalPosition(epoch: Epoch(0), sequence: .none)
    let ack = scan.acknowledged
    let offered =
      ack.map { GrantedEpoch(epoch: $0.nextEpoch, token: $0.epochToken) } ?? file?.offered
    position = max(scan.end.position, file?.position ?? none)
    acknowledged = Acknowledged(
      position: acked.position, head: acked.head, nonce: ack?.nonce,
      timeMilliseconds: ack?.timeMilliseconds ?? 0,
      nextSize: ack?.nextSize ?? WireLimit.recordsPerBatch)
    self.offered = offered.flatMap { $0.epoch > scan.end.position.epoch ? $0 : nil }
    canteen = file?.canteen ?? 0
    isOnlyTerminal = file?.isOnlyTerminal ?? false
    closedUpTo = file?.closedUpTo ?? none
    bootID = file?.bootID ?? ""
    bootStart = file?.bootStart ?? none
    wasOpen = true
  }
}

extension DamagedLedger {
  private init(_ scan: MirrorScan, in mirror: MirrorFile, besides file: DamagedLedger) {
    self.mirror = mirror
    terminal = file.terminal
    let ack = scan.acknowledged
    let acked =
      ack.map { ChainPlace(position: $0.position, head: $0.head) }
      // A mirror begins at a place that the centre has.
      ?? file.acknowledged.flatMap { $0.position >= scan.beginning.position ? $0 : nil }
      ?? scan.beginning
    acknowledged = acked
    start = scan.beginning
    pruned = file.pruned
    state = SavedState(scan, acked, file.state)
  }

  /// Reads from the mirror where that goes further than the file.
  ///
  /// - Parameter db: The file; `nil` when SQLite can do nothing with it.
  func orMirror(_ mirror: MirrorFile?, _ db: Database?) -> DamagedLedger {
    // try?: a medium that cannot be read is of no help.
    guard let mirror, let scan = try? mirror.scan() else { return self }
    var end = start?.position
    // try?: the visit throws nothing.
    try? walk(db) { position, _ in end = position }
    guard scan.end.position > end ?? .init(epoch: Epoch(0), sequence: .none) else { return self }
    return DamagedLedger(scan, in: mirror, besides: self)
  }
}
