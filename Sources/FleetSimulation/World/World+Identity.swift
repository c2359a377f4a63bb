import CanteenModel
import SeededRandom
import SettlementCore
import SyncProtocol
import TerminalCore

/// Copies, older images, new devices in the place of lost ones, and keys.
extension World {
  /// Somebody copies a terminal: its number, key and ledger work on another machine from now on.
  ///
  /// - Returns: Whether it can be copied.
  func copy(_ device: Device) -> Bool {
    guard !device.isCopied, !device.isClone, devices.count < plan.terminalsAt.reduce(0, +) + 2,
      device.journal.ledger.holds.isEmpty
    else { return false }
    device.isCopied = true
    wasSetBack.insert(device.terminal)
    let ledger = device.journal.ledger
    let journal = newJournal(
      device.terminal, device.journal.key, epoch: ledger.position.epoch, token: nil,
      number: 9_000 + devices.count)
    journal.disk.restore(ledger)
    journal.nextKey = device.journal.nextKey
    let checker = witness.devices[device.index]
    let clone = Device(
      index: devices.count, terminal: device.terminal, journal: journal, lanes: 2,
      now: now - 60_000, driftPPM: device.driftPPM, isClone: true)
    clone.isCopied = true
    clone.bootID = device.bootID + 1_000
    clone.wallOffset = device.wallOffset
    devices.append(clone)
    witness.devices.append(checker)
    witness.groups.copied(canteen(of: device))
    open(clone)
    heap.push(.keep(device: clone.index), at: now + 7 * 3_600_000)
    return true
  }

  /// Somebody puts an older image of the disk in place, with the keys that were on it.
  ///
  /// - Returns: Whether there was one; if not, it is taken now.
  func restore(_ device: Device) -> Bool {
    guard !device.isClone, !device.isCopied, device.journal.ledger.holds.isEmpty else {
      return false
    }
    guard let image = device.image else {
      device.image = (device.journal.ledger, device.journal.key, device.journal.nextKey)
      return false
    }
    guard image.ledger.pruned == device.journal.ledger.pruned, image.ledger.holds.isEmpty,
      image.ledger.position.epoch == device.journal.ledger.position.epoch
    else {
      device.image = nil
      return false
    }
    device.isCopied = true
    wasSetBack.insert(device.terminal)
    device.journal.disk.restore(image.ledger)
    (device.journal.key, device.journal.nextKey) = (image.key, image.nextKey)
    device.image = nil
    device.mayLoseTail = true
    device.bootID += 1
    device.bootedAt = now - 15_000
    open(device)
    return true
  }

  /// The disk is dead: a new one begins in the epoch that the centre's operator grants. What was not handed
  /// in is gone with the old one.
  ///
  /// - Returns: Whether it can be replaced.
  func replace(_ device: Device, _ dice: inout SplitMix64) -> Bool {
    guard !device.isClone,
      let newest = centre.tables.terminals[Int(device.terminal.number) - 1].newestEpoch
    else { return false }
    // A key that is half handed over, and one that another branch handed over, need the operator: not simulated.
    guard device.journal.ledger.rotations.last?.isAcknowledged != false, isOwedFeed(device) else {
      return false
    }
    let key = device.journal.key
    let token = dice.digest()
    let epoch = EpochRule.next(after: newest)
    let index = Int(device.terminal.number) - 1
    _ = centre.disk.commit { $0.terminals[index].grant = (epoch, token, nil) }
    witness.lost(device.index)
    witness.groups.setBack(canteen(of: device), at: now)
    wasSetBack.insert(device.terminal)
    tally.faults += device.journal.disk.failures
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
    return true
  }

  /// - Returns: Whether a key is handed over, and not waiting already.
  func rotate(_ device: Device, _ dice: inout SplitMix64) -> Bool {
    let before = device.journal.ledger.rotations.count
    attempt {
      try device.journal.rotate(to: Self.key(&dice), now: device.reading(now))
    }
    hearRecords(device)
    if device.journal.isStopped { programDies(device) }
    return device.journal.ledger.rotations.count > before
  }

  /// Whether the centre must tell a device what it asks: nobody handed its key over on another branch, and its
  /// key came from the one at the end of the accepted branch. Every other one hands in what it has, and people
  /// must help it.
  func isOwedFeed(_ device: Device) -> Bool {
    let index = Int(device.terminal.number) - 1
    guard let written = rotations[device.terminal] else { return true }
    let key = device.journal.key.publicKey.digest
    let taken = centre.tables.terminals[index].records
    let wasHandedOver = written.contains { $0.previous == key && taken[$0.head] != nil }
    return !wasHandedOver && isAfterTheEnd(device)
  }

  /// A key that is not the one at the end of the accepted branch, nor came from it, was handed over, or left before
  /// that one came: it must be told nothing (I13).
  func tellsTooMuch(_ device: Device, _ request: [UInt8]) -> String? {
    guard !isAfterTheEnd(device),
      // try?: an earlier request of another key may still arrive.
      (try? FeedCodec.decode(request: request, key: device.journal.key.publicKey)) != nil
    else { return nil }
    return "I13: terminal \(device.terminal) is told what it asks with a key that was handed over"
  }

  /// Whether a device's key is the one at the end of the accepted branch, or came from that one.
  private func isAfterTheEnd(_ device: Device) -> Bool {
    let index = Int(device.terminal.number) - 1
    guard let end = centre.tables.terminals[index].rotations.last(where: \.isAccepted) else {
      return true
    }
    let written = rotations[device.terminal] ?? []
    var line = [device.journal.key.publicKey.digest]
    while let last = line.last, last != end.next,
      let before = written.first(where: { $0.next == last })?.previous, !line.contains(before)
    {
      line.append(before)
    }
    return line.last == end.next
  }
}
