import CanteenModel
import SeededRandom
import SettlementCore
import SyncProtocol
import TerminalCore

/// Copies, older images, new devices in the place of lost ones, and keys.
extension World {
  /// Somebody copies a terminal: its number, key and ledger work on another machine from now on.
  func copy(_ device: Device) {
    guard !device.isCopied, !device.isClone, devices.count < plan.terminalsAt.reduce(0, +) + 2,
      device.journal.ledger.rotations.isEmpty, device.journal.ledger.holds.isEmpty
    else { return }
    device.isCopied = true
    wasSetBack.insert(device.terminal)
    let ledger = device.journal.ledger
    let journal = newJournal(
      device.terminal, device.journal.key, epoch: ledger.position.epoch, token: nil,
      number: 9_000 + devices.count)
    journal.disk.restore(ledger)
    let canteen = centre.tables.terminals[Int(device.terminal.number) - 1].canteen
    let checker = witness.devices[device.index]
    let clone = Device(
      index: devices.count, terminal: device.terminal, journal: journal, lanes: 2,
      now: now - 60_000, driftPPM: device.driftPPM, isClone: true)
    clone.isCopied = true
    clone.bootID = device.bootID + 1_000
    clone.wallOffset = device.wallOffset
    devices.append(clone)
    witness.devices.append(checker)
    _ = canteen
    open(clone)
    heap.push(.keep(device: clone.index), at: now + 7 * 3_600_000)
  }

  /// Somebody puts an older image of the ledger in place.
  func restore(_ device: Device) {
    guard !device.isClone, !device.isCopied, device.journal.ledger.rotations.isEmpty,
      device.journal.ledger.holds.isEmpty
    else { return }
    guard let image = device.image else {
      device.image = (device.journal.ledger, device.journal.key)
      return
    }
    guard image.ledger.pruned == device.journal.ledger.pruned, image.ledger.holds.isEmpty,
      image.ledger.position.epoch == device.journal.ledger.position.epoch
    else {
      device.image = nil
      return
    }
    device.isCopied = true
    wasSetBack.insert(device.terminal)
    device.journal.disk.restore(image.ledger)
    device.image = nil
    device.mayLoseTail = true
    device.bootID += 1
    device.bootedAt = now - 15_000
    open(device)
  }

  /// The disk is dead: a new one begins in the epoch that the centre's operator grants. What was not handed
  /// in is gone with the old one.
  func replace(_ device: Device, _ dice: inout SplitMix64) {
    guard !device.isClone, !device.isCopied,
      let newest = centre.tables.terminals[Int(device.terminal.number) - 1].newestEpoch
    else { return }
    // A key that is half handed over needs the operator: not simulated.
    guard device.journal.ledger.rotations.last?.isAcknowledged != false else { return }
    let key = device.journal.key
    let token = dice.digest()
    let epoch = EpochRule.next(after: newest)
    let index = Int(device.terminal.number) - 1
    _ = centre.disk.commit { $0.terminals[index].grant = (epoch, token, nil) }
    witness.lost(device.index)
    wasSetBack.insert(device.terminal)
    device.journal = newJournal(
      device.terminal, key, epoch: epoch, token: token, number: Int(truncatingIfNeeded: dice.next())
    )
    device.image = nil
    device.bootID += 1
    device.bootedAt = now - 15_000
    witness.devices[device.index] = checker(
      of: device, centre.tables.terminals[index].canteen)
    attempt { try device.journal.begin(now: device.reading(now)) }
    hearRecords(device)
    open(device)
  }

  func rotate(_ device: Device, _ dice: inout SplitMix64) {
    // What a disk that lies takes with it may be the rotation: then the centre tells the terminal nothing more
    // (`KeyLine.requestKeys`), and people must help. That is not simulated.
    guard !device.isCopied, device.image == nil, !device.hasLied,
      !device.journal.disk.owesSync
    else { return }
    attempt {
      try device.journal.rotate(to: Self.key(&dice), now: device.reading(now))
    }
    hearRecords(device)
    if device.journal.isStopped { programDies(device) }
  }
}
