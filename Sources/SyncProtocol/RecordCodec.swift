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
    if let key = sale.meal {
      meal = .with {
        $0.day = key.day
        $0.period = UInt32(key.period)
      }
    }
    subsidyFen = sale.paid.subsidy.value
    personalFen = sale.paid.personal.value
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
    guard subsidyFen >= 0, personalFen >= 0 else { throw .malformed("sale: a negative part") }
    var key: MealKey?
    if hasMeal {
      guard let period = UInt8(exactly: meal.period) else { throw .malformed("sale.meal.period") }
      key = MealKey(day: meal.day, period: period)
    }
    return SaleRecord(
      account: AccountID(account), lane: LaneID(lane), medium: try medium.model(), mode: mode,
      meal: key, paid: PurseAmounts(subsidy: Fen(subsidyFen), personal: Fen(personalFen)),
      place: place, rulebookVersion: rulebookVersion)
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
    }
  }

  fileprivate func model() throws(WireError) -> Medium {
    switch self {
    case .card: .card
    case .unspecified, .UNRECOGNIZED: throw .malformed("medium")
    }
  }
}
