import CanteenModel
import Foundation
import Journal
import SQLStore
import SeededRandom
import SettlementStore
import SyncProtocol
import TerminalCore

/// Disks that were copied: two devices with one identity, and one device whose older image was put back. Each
/// case is another history of sales and contacts before and after.
final class CopiedIdentity {
  /// What was copied.
  enum Copy: CaseIterable, Sendable {
    /// Both devices go on.
    case clone
    /// The image takes the place of what was there.
    case restoredImage
  }

  /// How a case went.
  struct Outcome: Sendable {
    /// How often another device than the one before had spoken, when the centre noticed; `nil`: never.
    var noticedAfter: Int?
    var sales = 0
  }

  private final class Device {
    let journal: Journal
    var session: SyncSession

    init(_ configuration: Journal.Configuration) throws {
      journal = try Journal(configuration)
      session = SyncSession(
        terminal: configuration.terminal, nextSize: journal.nextBatchSize)
    }
  }

  private static let account: Int64 = 1
  private static let terminal = TerminalID(1)
  /// So often each device speaks after the copy.
  private static let contacts = 4

  private let folder: String
  private let clock = SharedClock()
  private let centreKey = SigningKey()
  private let key = SigningKey()
  private let books: Books
  private var random: SplitMix64
  private var outcome = Outcome()
  private var soldFen = Fen.zero

  init(folder: String, seed: UInt64, number: Int) async throws {
    self.folder = folder
    random = SplitMix64(seed: seed, number: number)
    let clock = clock
    books = try Books(
      Books.Configuration(
        store: .file(path: folder + "/books.sqlite"), key: centreKey,
        now: { clock.reading.wallMilliseconds }))
    _ = try await books.signRulebook(Array(FeedHistory.rulebook.utf8))
    let file = """
      account,name,unit,status,subsidy,personal,cards
      \(Self.account),王小明,机关,active,0.00,900000.00,\
      \(Hexadecimal.text(LabFeed.card(Self.account).value))
      """
    _ = try await books.importAccounts(Array(file.utf8))
    try await books.add(
      TerminalEntry(
        number: Self.terminal.number, name: "窗口",
        publicKey: Hexadecimal.text(key.publicKey.rawBytes), pullURL: nil))
  }

  /// Plays a case to its end.
  ///
  /// - Throws: ``LaboratoryError/broken(_:)`` when a sale is lost or counted twice.
  func run(_ copy: Copy) async throws -> Outcome {
    let original = "\(folder)/terminal.sqlite"
    let device = try Device(configuration(original))
    try await feed(device)
    for _ in 0...random.below(3) {
      try await sell(device, atMost: 4)
      _ = try await contact(device)
    }
    try await sell(device, atMost: 3)
    try device.journal.close()
    let image = "\(folder)/image.sqlite"
    try FileManager.default.copyItem(atPath: original, toPath: image)
    let devices: [Device]
    switch copy {
    case .clone:
      devices = [try Device(configuration(original)), try Device(configuration(image))]
    case .restoredImage:
      let late = try Device(configuration(original))
      // It settled behind the image, or there is nothing to notice.
      for _ in 0...random.below(2) {
        try await sell(late, atLeast: 1, atMost: 3)
        _ = try await contact(late)
      }
      try late.journal.close()
      devices = [try Device(configuration(image))]
    }
    // What the image takes the place of has spoken.
    try await goOn(devices, after: copy == .restoredImage ? -1 : nil)
    for device in devices { try device.journal.close() }
    try await compare()
    try books.close()
    return outcome
  }

  /// - Parameter speaker: Who spoke last, if that was behind the copy; none of the devices that go on.
  private func goOn(_ devices: [Device], after speaker: Int?) async throws {
    var speaker = speaker
    var changes = 0
    let chance = (0..<(Self.contacts * devices.count)).map { _ in random.below(devices.count) }
    // A case in which one of two never spoke, or never again, would prove nothing.
    let both = devices.count > 1 ? [0, 1, 0] : []
    for index in chance + both {
      try await sell(devices[index], atMost: 3)
      if speaker.map({ $0 != index }) ?? false { changes += 1 }
      speaker = index
      let flags = try await contact(devices[index])
      let isNoticed = flags.contains(.staleCopy) || flags.contains(.fork)
      guard isNoticed, outcome.noticedAfter == nil else { continue }
      guard changes > 0 else {
        throw LaboratoryError.broken("a device was accused that spoke alone")
      }
      outcome.noticedAfter = changes
    }
    // Whatever is left comes in.
    for index in devices.indices {
      repeat { _ = try await contact(devices[index]) } while devices[index].journal.hasBacklog
    }
  }

  private func configuration(_ path: String) -> Journal.Configuration {
    let clock = clock
    return Journal.Configuration(
      path: path, terminal: Self.terminal, key: key, bootID: "boot", clockFloorMilliseconds: 0,
      readClock: { clock.reading })
  }

  private func feed(_ device: Device) async throws {
    var hasMore = true
    while hasMore {
      let request = try FeedCodec.encode(
        device.journal.feedCursor, terminal: Self.terminal,
        echoedNonce: device.journal.storedNonce, key: key)
      let page = try await books.feedPage(asked: request, by: Self.terminal).page
      try await device.journal.apply(page)
      hasMore = page.hasMore
    }
  }

  private func sell(_ device: Device, atLeast least: Int = 0, atMost most: Int) async throws {
    for _ in 0..<(least + random.below(most - least + 1)) {
      clock.advance()
      let outcome = try await device.journal.authorise(
        SaleRequest(
          lane: LaneID(1), medium: .card, credential: LabFeed.card(Self.account),
          price: .keyed(Fen(Int64(random.below(90)) + 1))))
      guard let sale = outcome.approved else { continue }
      soldFen = try soldFen + (try sale.paid.total())
      self.outcome.sales += 1
    }
  }

  /// - Returns: What the centre noticed.
  private func contact(_ device: Device) async throws -> [FlagKind] {
    clock.advance()
    let (bytes, facts) = try await device.journal.nextBatch(limit: 500, challenge: .random())
    _ = device.session.handle(.sent(facts))
    guard
      case .acknowledged(let receipt) = try await books.take(batch: bytes, from: Self.terminal)
    else { throw LaboratoryError.broken("the epoch is not open") }
    let ack = try AckCodec.open(receipt.ack, key: centreKey.publicKey)
    let own = try await device.journal.head(at: ack.position)
    for action in device.session.handle(.acknowledged(ack, ownHead: own)) {
      if case .storeAck(let ack) = action { try await device.journal.store(ack) }
    }
    _ = device.session.handle(.failed(jitterPermille: 0))
    return receipt.flags
  }

  /// Every sale of every device is in the books once.
  private func compare() async throws {
    let report = try await books.report()
    guard report.totals.sales == outcome.sales, report.totals.payableFen == soldFen.value else {
      throw LaboratoryError.broken(
        "\(outcome.sales) sales of \(soldFen) took place, the books have \(report.totals.sales) of "
          + "\(Fen(report.totals.payableFen))")
    }
    guard try await books.check().isGood else {
      throw LaboratoryError.broken("the books do not add up")
    }
  }
}
