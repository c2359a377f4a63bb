package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Feed pages and requests to bytes and back.
package enum FeedCodec {
  static let format: UInt32 = 1
  /// No page is longer: ``WireLimit/accountsPerFeedPage`` rows with several credentials each.
  package static let bytesLimit = 1024 * 1024

  /// The signed bytes of a page.
  ///
  /// - Throws: ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func seal(_ page: FeedPage, key: SigningKey) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_Feed()
    message.format = format
    message.terminal = page.terminal.number
    message.fromCursor = page.fromCursor
    message.toCursor = page.toCursor
    message.more = page.hasMore
    message.accounts = page.accounts.map { Canteen_V1_AccountRow($0) }
    if let rulebook = page.rulebook { message.rulebook = Canteen_V1_Rulebook(rulebook) }
    message.timeMs = page.timeMilliseconds
    let bytes = try serialized(try key.sign(try serialized(message), as: .feed))
    guard bytes.count <= bytesLimit else { throw .tooLarge("feed") }
    return bytes
  }

  /// Verifies the signature and every row. A page with one bad row is refused whole.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> FeedPage {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, "feed")
    let body = try key.open(signed, as: .feed)
    let message: Canteen_V1_Feed = try parsed(body, limit: bytesLimit, "feed")
    guard message.format == format else { throw .unsupported("feed.format \(message.format)") }
    guard message.toCursor >= message.fromCursor, message.fromCursor >= 0 else {
      throw .malformed("feed.to_cursor")
    }
    var accounts: [AccountSnapshot] = []
    for row in message.accounts { accounts.append(try row.model()) }
    return FeedPage(
      terminal: TerminalID(message.terminal), fromCursor: message.fromCursor,
      toCursor: message.toCursor, hasMore: message.more, accounts: accounts,
      rulebook: message.hasRulebook ? try message.rulebook.model() : nil,
      timeMilliseconds: message.timeMs)
  }

  /// No request is longer.
  package static let requestBytesLimit = 512

  /// The signed bytes of a request for the page behind a cursor.
  ///
  /// - Parameters:
  ///   - echoedNonce: That of the last ack that the terminal stored. Without it the rows include
  ///     nothing: every own sale that the ledger holds is subtracted.
  ///   - key: The terminal's own.
  package static func encode(
    _ cursor: FeedCursor, terminal: TerminalID, echoedNonce: Digest32? = nil, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_FeedRequest()
    message.cursor = cursor.version
    message.rulebookVersion = cursor.rulebookVersion
    message.terminal = terminal.number
    message.format = format
    message.echoedNonce = Data(echoedNonce?.bytes ?? [])
    return try serialized(try key.sign(try serialized(message), as: .feedRequest))
  }

  /// Verifies the signature and reads the request.
  ///
  /// - Parameter key: That of the terminal that is said to ask.
  /// - Throws: ``WireError/badSignature``, ``WireError/malformed(_:)``,
  ///   ``WireError/unsupported(_:)``, ``WireError/tooLarge(_:)`` above ``requestBytesLimit``.
  package static func decode(
    request bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> FeedRequest {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: requestBytesLimit, "feed request")
    let body = try key.open(signed, as: .feedRequest)
    let message: Canteen_V1_FeedRequest = try parsed(
      body, limit: requestBytesLimit, "feed request")
    guard message.format == format else {
      throw .unsupported("feed request.format \(message.format)")
    }
    guard message.terminal > 0 else { throw .malformed("feed request.terminal") }
    guard message.cursor >= 0 else { throw .malformed("feed request.cursor") }
    let nonce = Digest32(message.echoedNonce)
    guard nonce != nil || message.echoedNonce.isEmpty else {
      throw .malformed("feed request.echoed_nonce")
    }
    return FeedRequest(
      terminal: TerminalID(message.terminal),
      cursor: FeedCursor(
        version: message.cursor, rulebookVersion: message.rulebookVersion), echoedNonce: nonce)
  }
}

extension Canteen_V1_AccountRow {
  fileprivate init(_ snapshot: AccountSnapshot) {
    self.init()
    account = snapshot.account.number
    maskedName = snapshot.maskedName
    status = Canteen_V1_AccountStatus(rawValue: Int(snapshot.status.rawValue)) ?? .unspecified
    subsidyFen = snapshot.balance.subsidy.value
    personalFen = snapshot.balance.personal.value
    version = snapshot.version
    includesEpoch = snapshot.includes?.epoch.number ?? 0
    includesSequence = snapshot.includes?.sequence.number ?? 0
    credentials = snapshot.credentials.map { credential in
      .with {
        $0.kind = Canteen_V1_CredentialKind(rawValue: Int(credential.kind.rawValue)) ?? .unspecified
        $0.value = Data(credential.value)
      }
    }
  }

  fileprivate func model() throws(WireError) -> AccountSnapshot {
    guard account > 0 else { throw .malformed("feed.account") }
    guard includesSequence < UInt64(Int64.max) else { throw .malformed("feed.includes_sequence") }
    guard maskedName.utf8.count <= 64 else { throw .malformed("feed.masked_name") }
    guard let status = UInt8(exactly: status.rawValue).flatMap(AccountStatus.init(rawValue:)) else {
      throw .malformed("feed.status")
    }
    var credentials: [Credential] = []
    for row in self.credentials { credentials.append(try row.model()) }
    return AccountSnapshot(
      account: AccountID(account), maskedName: maskedName, status: status,
      balance: PurseAmounts(subsidy: Fen(subsidyFen), personal: Fen(personalFen)),
      version: version,
      includes: includesEpoch == 0
        ? nil
        : JournalPosition(
          epoch: Epoch(includesEpoch), sequence: SequenceNumber(includesSequence)),
      credentials: credentials)
  }
}

extension Canteen_V1_CredentialRow {
  fileprivate func model() throws(WireError) -> Credential {
    guard let kind = UInt8(exactly: kind.rawValue).flatMap(Credential.Kind.init(rawValue:)) else {
      throw .malformed("feed.credential.kind")
    }
    guard (1...64).contains(value.count) else { throw .malformed("feed.credential.value") }
    return Credential(kind: kind, value: Array(value))
  }
}

extension Canteen_V1_Rulebook {
  init(_ rulebook: Rulebook) {
    self.init()
    version = rulebook.version
    legalBasis = rulebook.legalBasis
    utcOffsetMinutes = Int32(rulebook.utcOffsetMinutes)
    mealPeriods = rulebook.mealPeriods.map { period in
      .with {
        $0.number = UInt32(period.number)
        $0.name = period.name
        $0.startMinute = UInt32(period.startMinute)
        $0.endMinute = UInt32(period.endMinute)
        $0.priceFen = period.price.value
      }
    }
    spendOrder = rulebook.spendOrder.map { $0 == .subsidy ? .subsidy : .personal }
    singleLimitFen = rulebook.singleLimit.value
    salesPerMeal = UInt32(rulebook.salesPerMeal)
    repeatGuardSeconds = UInt32(rulebook.repeatGuardSeconds)
  }

  func model() throws(WireError) -> Rulebook {
    var periods: [MealPeriod] = []
    for period in mealPeriods {
      guard let number = UInt8(exactly: period.number) else {
        throw .malformed("rulebook.meal_periods.number")
      }
      periods.append(
        MealPeriod(
          number: number, name: period.name, startMinute: Int(period.startMinute),
          endMinute: Int(period.endMinute), price: Fen(period.priceFen)))
    }
    var order: [CanteenModel.Purse] = []
    for purse in spendOrder {
      switch purse {
      case .subsidy: order.append(.subsidy)
      case .personal: order.append(.personal)
      case .unspecified, .UNRECOGNIZED: throw .malformed("rulebook.spend_order")
      }
    }
    let rulebook = CanteenModel.Rulebook(
      version: version, legalBasis: legalBasis, utcOffsetMinutes: Int(utcOffsetMinutes),
      mealPeriods: periods, spendOrder: order, singleLimit: Fen(singleLimitFen),
      salesPerMeal: Int(salesPerMeal), repeatGuardSeconds: Int(repeatGuardSeconds))
    do {
      try rulebook.validate()
    } catch {
      throw .malformed("rulebook: \(error)")
    }
    return rulebook
  }
}
