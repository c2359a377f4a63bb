import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

extension Canteen_V1_AccountRow {
  init(_ snapshot: AccountSnapshot) {
    self.init()
    account = snapshot.account.number
    maskedName = snapshot.maskedName
    status = Canteen_V1_AccountStatus(rawValue: Int(snapshot.status.rawValue)) ?? .unspecified
    category = UInt32(snapshot.category.number)
    homeCanteen = snapshot.homeCanteen?.number ?? 0
    tranches = snapshot.tranches.map { Canteen_V1_TrancheRow($0) }
    homePrices = snapshot.homePrices.sorted { $0.key < $1.key }.map { period, price in
      .with {
        $0.period = UInt32(period)
        $0.priceFen = price.value
      }
    }
    version = snapshot.version
    includesEpoch = snapshot.includes?.epoch.number ?? 0
    includesSequence = snapshot.includes?.sequence.number ?? 0
    peerIncludes = snapshot.peerIncludes.map { peer in
      .with {
        $0.terminal = peer.terminal.number
        $0.epoch = peer.position.epoch.number
        $0.sequence = peer.position.sequence.number
      }
    }
    credentials = snapshot.credentials.map { credential in
      .with {
        $0.kind = Canteen_V1_CredentialKind(rawValue: Int(credential.kind.rawValue)) ?? .unspecified
        $0.value = Data(credential.value)
      }
    }
  }

  func model() throws(WireError) -> AccountSnapshot {
    guard account > 0 else { throw .malformed("feed.account") }
    guard includesSequence < UInt64(Int64.max) else { throw .malformed("feed.includes_sequence") }
    guard maskedName.utf8.count <= 64 else { throw .malformed("feed.masked_name") }
    guard let status = UInt8(exactly: status.rawValue).flatMap(AccountStatus.init(rawValue:)) else {
      throw .malformed("feed.status")
    }
    guard let category = UInt16(exactly: category) else { throw .malformed("feed.category") }
    var credentials: [Credential] = []
    for row in self.credentials { credentials.append(try row.model()) }
    return AccountSnapshot(
      account: AccountID(account), maskedName: maskedName, status: status,
      category: DinerCategory(category),
      homeCanteen: homeCanteen == 0 ? nil : CanteenID(homeCanteen),
      tranches: try readTranches(), homePrices: try readHomePrices(), version: version,
      includes: includesEpoch == 0
        ? nil
        : JournalPosition(
          epoch: Epoch(includesEpoch), sequence: SequenceNumber(includesSequence)),
      peerIncludes: try readPeerIncludes(), credentials: credentials)
  }

  private func readPeerIncludes() throws(WireError) -> [CanteenModel.PeerIncludes] {
    guard peerIncludes.count <= AccountSnapshot.peerLimit else {
      throw .tooLarge("feed.peer_includes")
    }
    var read: [CanteenModel.PeerIncludes] = []
    for row in peerIncludes {
      guard row.terminal > 0, row.epoch > 0, row.sequence < UInt64(Int64.max),
        !read.contains(where: { $0.terminal.number == row.terminal })
      else { throw .malformed("feed.peer_includes") }
      read.append(
        CanteenModel.PeerIncludes(
          terminal: TerminalID(row.terminal),
          position: JournalPosition(
            epoch: Epoch(row.epoch), sequence: SequenceNumber(row.sequence))))
    }
    return read
  }

  private func readTranches() throws(WireError) -> [TrancheBalance] {
    guard tranches.count <= AccountSnapshot.trancheLimit else { throw .tooLarge("feed.tranches") }
    var read: [TrancheBalance] = []
    for row in tranches {
      let tranche = try row.model()
      guard !read.contains(where: { $0.purse == tranche.purse && $0.tranche == tranche.tranche })
      else { throw .malformed("feed.tranches: one is there twice") }
      read.append(tranche)
    }
    return read
  }

  private func readHomePrices() throws(WireError) -> [UInt8: Fen] {
    var read: [UInt8: Fen] = [:]
    for row in homePrices {
      guard let period = UInt8(exactly: row.period), row.priceFen >= 0, read[period] == nil else {
        throw .malformed("feed.home_prices")
      }
      read[period] = Fen(row.priceFen)
    }
    return read
  }
}

extension Canteen_V1_TrancheRow {
  fileprivate init(_ tranche: TrancheBalance) {
    self.init()
    purse = Canteen_V1_Purse(tranche.purse)
    self.tranche = tranche.tranche.number
    fen = tranche.amount.value
    if let day = tranche.lastSpendingDay { lastSpendingDay = day }
  }

  fileprivate func model() throws(WireError) -> TrancheBalance {
    guard tranche >= 0 else { throw .malformed("feed.tranche") }
    return TrancheBalance(
      purse: try purse.model(), tranche: TrancheID(tranche), amount: Fen(fen),
      lastSpendingDay: hasLastSpendingDay ? lastSpendingDay : nil)
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

extension Canteen_V1_ItemRow {
  init(_ row: CatalogueRow) {
    self.init()
    code = row.item.code.number
    name = row.item.name
    category = UInt32(row.item.category.number)
    priceFen = row.item.price.value
    if let ceiling = row.item.ceiling { ceilingFen = ceiling.value }
    version = row.version
  }

  func model() throws(WireError) -> CatalogueRow {
    guard ItemCode.range.contains(code) else { throw .malformed("feed.item.code") }
    guard name.utf8.count <= 128 else { throw .malformed("feed.item.name") }
    guard let category = UInt16(exactly: category) else { throw .malformed("feed.item.category") }
    guard priceFen >= 0, !hasCeilingFen || ceilingFen > 0 else {
      throw .malformed("feed.item.price")
    }
    return CatalogueRow(
      item: Item(
        code: ItemCode(code), name: name, category: ItemCategory(category), price: Fen(priceFen),
        ceiling: hasCeilingFen ? Fen(ceilingFen) : nil),
      version: version)
  }
}
