package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Records to bytes, once, and bytes to records, for people and for posting.
package enum RecordCodec {
  /// The bytes of a new record. They are kept from then on; nobody encodes a record twice.
  ///
  /// - Throws: ``WireError/tooLarge(_:)`` above ``WireLimit/bytesPerRecord``.
  package static func encode(_ record: JournalRecord) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_Record()
    message.time = .with {
      $0.wallMs = record.time.wallMilliseconds
      $0.bootMs = record.time.bootMilliseconds
      $0.trusted = record.time.isTrusted
    }
    switch record.body {
    case .epochOpened(let opened): message.epochOpened = Canteen_V1_EpochOpened(opened)
    case .sale(let sale): message.sale = Canteen_V1_Sale(sale)
    case .decline(let decline): message.decline = Canteen_V1_Decline(decline)
    case .correction(let correction): message.correction = Canteen_V1_Correction(correction)
    case .dayClosed(let closed): message.dayClosed = Canteen_V1_DayClosed(closed)
    case .holdReleased(let released): message.holdReleased = Canteen_V1_HoldReleased(released)
    case .keyRotated(let rotated): message.keyRotated = Canteen_V1_KeyRotated(rotated)
    }
    let bytes: [UInt8]
    do {
      bytes = try message.serializedBytes()
    } catch {
      throw .malformed("record: \(error)")
    }
    guard bytes.count <= WireLimit.bytesPerRecord else { throw .tooLarge("record") }
    return bytes
  }

  /// Reads a record.
  ///
  /// - Throws: ``WireError/malformed(_:)``, also for a kind of record that this version does not know:
  ///   the caller keeps the bytes and holds the record in suspense.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> JournalRecord {
    guard bytes.count <= WireLimit.bytesPerRecord else { throw .tooLarge("record") }
    let message: Canteen_V1_Record
    do {
      message = try Canteen_V1_Record(serializedBytes: bytes)
    } catch {
      throw .malformed("record")
    }
    guard message.hasTime else { throw .malformed("record.time") }
    let time = RecordTime(
      wallMilliseconds: message.time.wallMs, bootMilliseconds: message.time.bootMs,
      isTrusted: message.time.trusted)
    let body: JournalRecord.Body
    switch message.body {
    case .epochOpened(let opened): body = .epochOpened(try opened.model())
    case .sale(let sale): body = .sale(try sale.model())
    case .decline(let decline): body = .decline(try decline.model())
    case .correction(let correction): body = .correction(try correction.model())
    case .dayClosed(let closed): body = .dayClosed(try closed.model())
    case .holdReleased(let released): body = .holdReleased(try released.model())
    case .keyRotated(let rotated): body = .keyRotated(try rotated.model())
    case nil: throw .malformed("record.body: unknown kind")
    }
    return JournalRecord(time: time, body: body)
  }
}

extension Canteen_V1_EpochOpened {
  fileprivate init(_ opened: EpochOpened) {
    self.init()
    if let previous = opened.previous {
      previousEpoch = previous.epoch.number
      previousSequence = previous.sequence.number
      previousHead = Data(opened.previousHead.bytes)
    }
  }

  fileprivate func model() throws(WireError) -> EpochOpened {
    guard previousEpoch > 0 else { return EpochOpened(previous: nil, previousHead: .zero) }
    guard previousSequence < UInt64(Int64.max) else {
      throw .malformed("epoch_opened.previous_sequence")
    }
    guard let head = Digest32(previousHead) else { throw .malformed("epoch_opened.previous_head") }
    return EpochOpened(
      previous: JournalPosition(
        epoch: Epoch(previousEpoch), sequence: SequenceNumber(previousSequence)),
      previousHead: head)
  }
}

extension Canteen_V1_Sale {
  fileprivate init(_ sale: SaleRecord) {
    self.init()
    account = sale.account.number
    lane = UInt32(sale.lane.number)
    medium = Canteen_V1_Medium(sale.medium)
    mode = Canteen_V1_SaleMode(rawValue: Int(sale.mode.rawValue)) ?? .unspecified
    meal = .with {
      $0.day = sale.slot.day
      $0.period = UInt32(sale.slot.period)
    }
    spends = sale.spends.map { Canteen_V1_Spend($0) }
    guest = sale.isGuest
    heads = UInt32(sale.heads)
    items = sale.items.map { Canteen_V1_SoldItem($0) }
    holds = sale.holds.map { Canteen_V1_HoldSpend($0) }
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .holdsAreNotWritten { holds = [] }
    #endif
    place = Canteen_V1_Place(rawValue: Int(sale.place.rawValue)) ?? .unspecified
    rulebookVersion = sale.rulebookVersion
  }

  fileprivate func model() throws(WireError) -> SaleRecord {
    guard account > 0 else { throw .malformed("sale.account") }
    guard let lane = UInt16(exactly: lane) else { throw .malformed("sale.lane") }
    guard let mode = UInt8(exactly: mode.rawValue).flatMap(SaleMode.init(rawValue:)) else {
      throw .malformed("sale.mode")
    }
    guard let place = UInt8(exactly: place.rawValue).flatMap(DecisionPlace.init(rawValue:)) else {
      throw .malformed("sale.place")
    }
    guard let heads = UInt16(exactly: heads), (heads > 0) == (mode == .officialMeal) else {
      throw .malformed("sale.heads")
    }
    guard spends.count <= Self.spendLimit else { throw .tooLarge("sale.spends") }
    guard items.count <= ItemLine.limit else { throw .tooLarge("sale.items") }
    guard hasMeal, let period = UInt8(exactly: meal.period) else { throw .malformed("sale.meal") }
    let slot = MealKey(day: meal.day, period: period)
    let medium = try medium.model()
    var parts: [Spend] = []
    for spend in spends { parts.append(try spend.model()) }
    var lines: [SoldItem] = []
    for item in items { lines.append(try item.model()) }
    let holds = try Canteen_V1_HoldSpend.models(holds)
    do throws(MoneyError) {
      return try SaleRecord(
        account: AccountID(account), lane: LaneID(lane), medium: medium, mode: mode, slot: slot,
        spends: parts, place: place, rulebookVersion: rulebookVersion, isGuest: guest,
        heads: heads, items: lines, holds: holds)
    } catch {
      throw .malformed("sale: its parts do not sum")
    }
  }

  static let spendLimit = 64
}

extension Canteen_V1_Spend {
  init(_ spend: Spend) {
    self.init()
    purse = Canteen_V1_Purse(spend.purse)
    tranche = spend.tranche.number
    fen = spend.amount.value
  }

  func model() throws(WireError) -> Spend {
    guard fen >= 0 else { throw .malformed("spend.fen") }
    guard tranche >= 0 else { throw .malformed("spend.tranche") }
    return Spend(purse: try purse.model(), tranche: TrancheID(tranche), amount: Fen(fen))
  }
}

extension Canteen_V1_Purse {
  init(_ purse: CanteenModel.Purse) {
    switch purse {
    case .subsidy: self = .subsidy
    case .personal: self = .personal
    }
  }

  func model() throws(WireError) -> CanteenModel.Purse {
    switch self {
    case .subsidy: .subsidy
    case .personal: .personal
    case .unspecified, .UNRECOGNIZED: throw .malformed("purse")
    }
  }
}

extension Canteen_V1_SoldItem {
  fileprivate init(_ item: SoldItem) {
    self.init()
    code = item.code.number
    category = UInt32(item.category.number)
    quantity = UInt32(item.quantity)
    priceFen = item.price.value
  }

  fileprivate func model() throws(WireError) -> SoldItem {
    guard ItemCode.range.contains(code) else { throw .malformed("sold_item.code") }
    guard let category = UInt16(exactly: category) else { throw .malformed("sold_item.category") }
    guard let quantity = UInt16(exactly: quantity), ItemLine.quantities.contains(quantity) else {
      throw .malformed("sold_item.quantity")
    }
    guard priceFen > 0 else { throw .malformed("sold_item.price_fen") }
    return SoldItem(
      code: ItemCode(code), category: ItemCategory(category), quantity: quantity,
      price: Fen(priceFen))
  }
}

extension Canteen_V1_Decline {
  fileprivate init(_ decline: DeclineRecord) {
    self.init()
    reason = UInt32(decline.reason.rawValue)
    account = decline.account?.number ?? 0
    lane = UInt32(decline.lane.number)
    medium = Canteen_V1_Medium(decline.medium)
    amountFen = decline.amount.value
    count = decline.count
  }

  fileprivate func model() throws(WireError) -> DeclineRecord {
    guard let reason = UInt16(exactly: reason).flatMap(DeclineReason.init(rawValue:)) else {
      throw .malformed("decline.reason")
    }
    guard let lane = UInt16(exactly: lane) else { throw .malformed("decline.lane") }
    guard account >= 0 else { throw .malformed("decline.account") }
    guard count > 0 else { throw .malformed("decline.count") }
    return DeclineRecord(
      reason: reason, account: account == 0 ? nil : AccountID(account), lane: LaneID(lane),
      medium: try medium.model(), amount: Fen(amountFen), count: count)
  }
}

extension Canteen_V1_Medium {
  fileprivate init(_ medium: Medium) {
    switch medium {
    case .card: self = .card
    case .keyed: self = .keyed
    case .code: self = .code
    case .face: self = .face
    }
  }

  fileprivate func model() throws(WireError) -> Medium {
    switch self {
    case .card: .card
    case .keyed: .keyed
    case .code: .code
    case .face: .face
    case .unspecified, .UNRECOGNIZED: throw .malformed("medium")
    }
  }
}
