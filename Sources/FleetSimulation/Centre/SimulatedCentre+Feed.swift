import CanteenModel
import SettlementCore
import SyncProtocol

extension SimulatedCentre {
  /// The signed page of the feed that a terminal asks for; `nil` when the request is not believed.
  func feedPage(asked bytes: [UInt8], by terminal: TerminalID) -> [UInt8]? {
    let index = Int(terminal.number) - 1
    var request: FeedRequest?
    for digest in tables.terminals[index].keyLine.requestKeys where request == nil {
      // try?: what is not genuine is refused.
      guard let key = try? VerifyingKey(rawBytes: digest.bytes) else { continue }
      // try?: nor is this.
      request = try? FeedCodec.decode(request: bytes, key: key)
    }
    guard let request, request.terminal == terminal else { return nil }
    let (page, signed) = page(for: request)
    return try? FeedCodec.seal(page, signedRulebook: signed, key: key)  // a page of a world fits
  }

  private func page(for request: FeedRequest) -> (page: FeedPage, signed: [UInt8]?) {
    let tables = disk.content
    let cursor = request.cursor
    let end = spokenEnd(of: request, tables)
    var denied: [AccountSnapshot] = []
    var rows: [(version: Int64, index: Int)] = []
    for (index, account) in tables.accounts.enumerated() where account.version > cursor.version {
      rows.append((account.version, index))
    }
    rows.sort { $0.version < $1.version }
    if cursor.version > 0 {
      let behind = max(cursor.version, cursor.denied)
      for (version, index) in rows
      where version > behind && tables.accounts[index].status != .active {
        denied.append(snapshot(index, end, request.terminal, tables))
      }
    }
    let sent = denied.map(\.account)
    let some = rows.prefix(rowsPerPage)
    var accounts = denied
    for (_, index) in some where !sent.contains(AccountID(Int64(index) + 1)) {
      accounts.append(snapshot(index, end, request.terminal, tables))
    }
    let books = tables.rulebooks.filter { $0.rulebook.version > cursor.rulebookVersion }
    let page = FeedPage(
      terminal: request.terminal, fromCursor: cursor.version,
      toCursor: max(some.last?.version ?? 0, cursor.version),
      hasMore: rows.count > some.count || books.count > 1, accounts: accounts,
      items: books.isEmpty
        ? [] : tables.catalogue.map { CatalogueRow(item: $0, version: 1) },
      rulebook: books.first?.rulebook,
      place: self.place(of: request.terminal, tables),
      timeMilliseconds: now, echoedNonce: request.echoedNonce,
      deniedCursor: tables.feedVersion)
    return (page, books.first?.signed)
  }

  private func snapshot(
    _ index: Int, _ end: SpokenEnd?, _ terminal: TerminalID, _ tables: CentreTables
  ) -> AccountSnapshot {
    let account = tables.accounts[index]
    let included = tables.terminals[Int(terminal.number) - 1].included
    let place = index < included.count ? included[index] : nil
    #if SEEDED_BUGS
      var includes = end?.includes(place)
      if SeededFleetBug.planted == .includesFromAck { includes = end?.position }
    #else
      let includes = end?.includes(place)
    #endif
    return AccountSnapshot(
      account: AccountID(Int64(index) + 1), maskedName: account.name, status: account.status,
      category: account.category, homeCanteen: account.homeCanteen,
      tranches: fedTranches(account), homePrices: account.homePrices,
      version: account.version, includes: includes,
      peerIncludes: peerIncludes(index, besides: terminal, tables),
      credentials: account.credentials)
  }

  /// The canteen and its other terminals.
  private func place(of terminal: TerminalID, _ tables: CentreTables) -> TerminalPlace {
    let canteen = tables.terminals[Int(terminal.number) - 1].canteen
    var peers: [PeerAddress] = []
    for (index, file) in tables.terminals.enumerated() where file.canteen == canteen {
      let other = TerminalID(UInt32(index) + 1)
      guard other != terminal else { continue }
      peers.append(
        PeerAddress(terminal: other, url: "https://canteen.example.org:\(8_000 + index)"))
    }
    return TerminalPlace(canteen: canteen, isOnlyTerminal: peers.isEmpty, peers: peers)
  }

  /// Up to where the balance includes what the neighbours sold to an account.
  private func peerIncludes(
    _ account: Int, besides terminal: TerminalID, _ tables: CentreTables
  ) -> [PeerIncludes] {
    let canteen = tables.terminals[Int(terminal.number) - 1].canteen
    var includes: [PeerIncludes] = []
    for (index, file) in tables.terminals.enumerated()
    where file.canteen == canteen && index != Int(terminal.number) - 1 {
      guard account < file.included.count, let position = file.included[account] else { continue }
      includes.append(
        PeerIncludes(terminal: TerminalID(UInt32(index) + 1), position: position))
    }
    return includes
  }

  private func fedTranches(_ account: CentreTables.AccountFile) -> [TrancheBalance] {
    do throws(MoneyError) {
      return try FedTranches.of(
        account.tranches, after: Int32(clamping: now / WorldPlan.dayMilliseconds - 1))
    } catch {
      preconditionFailure("amounts of a world sum")
    }
  }

  /// Up to where the records of the asking ledger are held.
  private func spokenEnd(of request: FeedRequest, _ tables: CentreTables) -> SpokenEnd? {
    let file = tables.terminals[Int(request.terminal.number) - 1]
    guard let nonce = request.echoedNonce, let intake = file.intakes[nonce] else { return nil }
    let isAccepted =
      intake.acked.sequence == .none || file.records[intake.ackedHead]?.isAccepted == true
    let hasOlderFork = file.chains.contains {
      $0.epoch < intake.acked.epoch && $0.firstFork != nil
    }
    return SpokenEnd(
      position: intake.acked, isAccepted: isAccepted, hasOlderFork: hasOlderFork)
  }

  /// One row of the feed, as the asking ledger would be fed it now.
  func row(of account: AccountID, for request: HoldRequest) -> AccountSnapshot? {
    guard account.number >= 1, account.number <= tables.accounts.count else { return nil }
    let asking = FeedRequest(
      terminal: request.terminal, cursor: FeedCursor(version: 0, rulebookVersion: 0),
      echoedNonce: request.echoedNonce)
    return snapshot(
      Int(account.number) - 1, spokenEnd(of: asking, tables), request.terminal, tables)
  }
}
