import CanteenModel
import SettlementCore
import SyncProtocol

extension SimulatedCentre {
  /// Keeps and posts what is new, and moves the end of the accepted branch.
  ///
  /// - Returns: How many records were new.
  func keep(
    _ records: [ReadRecord], _ verdict: ChainVerdict, _ facts: BatchFacts, _ signer: Digest32,
    chain: Int, _ tables: inout CentreTables
  ) -> Int {
    let index = Int(facts.terminal.number) - 1
    var isAccepted = false
    var added = 0
    var known: [ReadRecord] = []
    switch verdict {
    case .gap: return 0
    case .extends(let from):
      isAccepted = true
      // An epoch begins when all of those before it is posted, and what still comes in one of those is posted
      // at once: to a ledger of an older epoch a row names all that it handed in (`SpokenEnd`).
      if tables.terminals[index].chains[chain].heads.isEmpty
        || facts.epoch != tables.terminals[index].newestEpoch
      {
        bookWaiting(&tables)
      }
      known += records[..<from]
      for record in records[from...] {
        tables.terminals[index].chains[chain].heads.append(record.id)
        post(record, of: facts.terminal, isAccepted: true, signer, &tables)
        added += 1
      }
    case .fork(let from, let place):
      // What a branch shares with the accepted one is posted when it begins, so that all of it always is.
      bookWaiting(&tables)
      let first = tables.terminals[index].chains[chain].firstFork
      tables.terminals[index].chains[chain].firstFork = min(first ?? place, place)
      known += records[..<from]
      for record in records[from...] {
        #if SEEDED_BUGS
          let isKnown =
            tables.terminals[index].records[record.id] != nil
            && SeededFleetBug.planted != .forkPostedAgain
        #else
          let isKnown = tables.terminals[index].records[record.id] != nil
        #endif
        guard !isKnown else {
          known.append(record)
          continue
        }
        post(record, of: facts.terminal, isAccepted: false, signer, &tables)
        added += 1
      }
    }
    for record in records.suffix(added) {
      rotate(by: record, of: index, isAccepted: isAccepted, &tables)
    }
    for record in known { feedAgain(record, &tables) }
    return added
  }

  private func post(
    _ read: ReadRecord, of terminal: TerminalID, isAccepted: Bool, _ signer: Digest32,
    _ tables: inout CentreTables
  ) {
    let index = Int(terminal.number) - 1
    var sold: SaleRecord?
    if case .sale(let sale) = read.record?.body { sold = sale }
    tables.terminals[index].records[read.id] = CentreTables.Taken(
      position: read.position, sale: sold, isAccepted: isAccepted, signer: signer)
    let isLast = read.position.epoch == tables.terminals[index].newestEpoch
    if postsLater, isAccepted, isLast {
      tables.waiting.append((read, terminal))
    } else {
      book(read, of: terminal, isAccepted: isAccepted, &tables)
    }
  }

  /// Posts what was taken and waits: a centre that is spread over several machines moves legs long after it
  /// acknowledged their records.
  ///
  /// - Returns: Whether it is on disk.
  func postWaiting() -> Bool { disk.commit { bookWaiting(&$0) }.end == .durable }

  private func bookWaiting(_ tables: inout CentreTables) {
    let waiting = tables.waiting
    tables.waiting = []
    tables.postings += 1
    for (read, terminal) in waiting { book(read, of: terminal, isAccepted: true, &tables) }
  }

  /// Turns a record into money.
  private func book(
    _ read: ReadRecord, of terminal: TerminalID, isAccepted: Bool, _ tables: inout CentreTables
  ) {
    let index = Int(terminal.number) - 1
    var account: AccountID?
    var original: CorrectedSale?
    switch read.record?.body {
    case .sale(let sale): account = sale.account
    case .correction(let correction):
      account = correction.account
      if let taken = tables.terminals[index].records[correction.originalID], let sale = taken.sale {
        original = CorrectedSale(
          sale: sale, standing: taken.standing, earlier: taken.corrections)
      }
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil: break
    }
    let isKnown = account.map { $0.number >= 1 && $0.number <= tables.accounts.count } ?? false
    let posting: Posting
    do throws(MoneyError) {
      posting = try Posting(
        of: read.record, terminal: terminal, isKnownAccount: isKnown, original: original)
    } catch {
      preconditionFailure("amounts of a world sum")
    }
    for leg in posting.legs { add(leg, &tables) }
    tables.terminals[index].records[read.id]?.standing = posting.standing
    if case .correction(let correction) = read.record?.body, !posting.legs.isEmpty {
      tables.terminals[index].records[correction.originalID]?.corrections.append(correction)
    }
    moveHolds(by: read, of: terminal, &tables)
    guard let account = posting.charged else { return }
    if isAccepted {
      let place = Int(account.number) - 1
      while tables.terminals[index].included.count <= place {
        tables.terminals[index].included.append(nil)
      }
      tables.terminals[index].included[place] = read.position
    }
    if isKnown { raiseVersion(of: account, &tables) }
  }

  /// Adds a leg to the balance that it is of.
  private func add(_ leg: Leg, _ tables: inout CentreTables) {
    switch leg.account {
    case .purse(let account, let purse, let tranche):
      let index = Int(account.number) - 1
      let place = tables.accounts[index].tranches.firstIndex {
        $0.purse == purse && $0.tranche == tranche
      }
      if let place {
        let sum = tables.accounts[index].tranches[place].amount.value + leg.amount.value
        tables.accounts[index].tranches[place].amount = Fen(sum)
      } else {
        tables.accounts[index].tranches.append(
          TrancheBalance(
            purse: purse, tranche: tranche, amount: leg.amount, lastSpendingDay: nil))
      }
    case .payable(let terminal):
      tables.terminals[Int(terminal.number) - 1].payable += leg.amount.value
    case .openingFunding: tables.funding += leg.amount.value
    case .suspense: tables.suspense += leg.amount.value
    case .bank, .transit, .unmatched, .funded, .owed, .ordered, .fee, .withheld, .returned,
      .treasury,
      .claimable:
      preconditionFailure("a record moves no money that people book: funding is not simulated yet")
    }
  }

  func raiseVersion(of account: AccountID, _ tables: inout CentreTables) {
    tables.feedVersion += 1
    tables.accounts[Int(account.number) - 1].version = tables.feedVersion
  }

  /// Feeds the accounts again that records charge which were handed in before.
  private func feedAgain(_ read: ReadRecord, _ tables: inout CentreTables) {
    let account: AccountID
    switch read.record?.body {
    case .sale(let sale): account = sale.account
    case .correction(let correction): account = correction.account
    case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil: return
    }
    guard account.number >= 1, account.number <= tables.accounts.count else { return }
    raiseVersion(of: account, &tables)
  }

  /// Remembers a rotation that was kept; on the accepted branch of the newest epoch the new key is the
  /// terminal's.
  private func rotate(
    by read: ReadRecord, of index: Int, isAccepted: Bool, _ tables: inout CentreTables
  ) {
    guard case .keyRotated(let rotated) = read.record?.body else { return }
    let isAccepted = isAccepted && read.position.epoch == tables.terminals[index].newestEpoch
    tables.terminals[index].rotations.append(
      HeldRotation(
        position: read.position, id: read.id, previous: rotated.previous, next: rotated.next,
        isAccepted: isAccepted))
    tables.terminals[index].rotations.sort { $0.position < $1.position }
    guard isAccepted else { return }
    tables.terminals[index].publicKey =
      tables.terminals[index].rotations.last { $0.isAccepted }?.next ?? rotated.next
  }

  /// Money that comes in: the place of funding, of a quarter's and a year's end, and of banks. Every one of
  /// them is legs that sum to zero and rows that are fed anew.
  func fund(_ account: AccountID, _ tranche: TrancheBalance) {
    _ = disk.commit { tables in
      let legs: [Leg]
      do throws(MoneyError) {
        legs = try Posting.openingLegs(of: account, [tranche])
      } catch {
        preconditionFailure("one amount sums")
      }
      let index = Int(account.number) - 1
      let isNew = !tables.accounts[index].tranches.contains {
        $0.purse == tranche.purse && $0.tranche == tranche.tranche
      }
      if isNew {
        tables.accounts[index].tranches.append(
          TrancheBalance(
            purse: tranche.purse, tranche: tranche.tranche, amount: .zero,
            lastSpendingDay: tranche.lastSpendingDay))
      }
      for leg in legs { add(leg, &tables) }
      raiseVersion(of: account, &tables)
    }
  }
}
