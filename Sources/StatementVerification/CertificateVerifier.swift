import CanteenModel
package import SyncProtocol

/// Reckons a year-end certificate again from files and keys alone, to the fen: no books, no network (S13, C1, C14).
///
/// What was spent is reckoned from the terminals' batches; all else must add up to what is certified. What the unit paid
/// and what its people were given is the bank's and the roster's to say, and is compared with nothing here.
package enum CertificateVerifier {
  /// Finds a certificate right, or names the first difference.
  ///
  /// - Parameters:
  ///   - certificate: The signed file.
  ///   - batches: Those of every terminal that it names from its first record on, in any order.
  ///   - key: The centre's.
  package static func verify(
    _ certificate: [UInt8], batches: [[UInt8]], key: VerifyingKey
  ) throws(VerificationFailure) -> CertificateDocument {
    let document: CertificateDocument
    do throws(WireError) {
      document = try CertificateCodec.open(certificate, key: key)
    } catch {
      throw .notGenuine("the certificate", error)
    }
    try check(document.runs)
    var keys: [TerminalID: [VerifyingKey]] = [:]
    for terminal in document.terminals {
      keys[TerminalID(terminal.number)] = try StatementVerifier.keys(
        terminal.keys, of: terminal.number)
    }
    let shelf = try BatchShelf(batches, keys: keys)
    var spending = try Spending(document, shelf)
    for tranche in document.tranches { try check(tranche, document, &spending) }
    if let rest = spending.rest {
      throw .difference(
        Difference(
          "tranche \(rest.tranche), account \(rest.account)", expected: "spent \(rest.fen)",
          found: "no such person"))
    }
    try check(sumsOf: document)
    return document
  }

  private static func check(
    _ runs: [CertificateDocument.Run]
  ) throws(VerificationFailure) {
    try expect("runs", Array(1...max(runs.count, 1)).description, runs.map(\.number).description)
    for run in runs where run.proposedBy == run.approvedBy {
      throw .difference(
        Difference("run \(run.number)", expected: "two people", found: run.approvedBy))
    }
  }

  private static func check(
    _ tranche: CertificateDocument.Tranche, _ document: CertificateDocument,
    _ spending: inout Spending
  ) throws(VerificationFailure) {
    let place = "tranche \(tranche.number) of \(tranche.quarter)"
    try expect(
      "\(place), year", document.year.description,
      StatementQuarter(tranche.quarter)?.year.description ?? tranche.quarter)
    var sums = (given: Int64(0), spent: Int64(0), moved: Int64(0), taken: Int64(0))
    var (left, debt) = (Int64(0), Int64(0))
    for person in tranche.people {
      let who = "\(place), account \(person.account)"
      try expect(
        "\(who), spent", spending.take(person.account, tranche.number), person.spent)
      var (taken, remains) = (Int64(0), Int64(0))
      for take in person.taken { try Exact.add(take.fen, to: &taken) }
      try Exact.add(person.given, to: &remains)
      try Exact.add(person.moved, to: &remains)
      remains = try Exact.less(try Exact.less(remains, person.spent), taken)
      try expect("\(who), left", remains, person.left)
      try Exact.add(person.given, to: &sums.given)
      try Exact.add(person.spent, to: &sums.spent)
      try Exact.add(person.moved, to: &sums.moved)
      try Exact.add(taken, to: &sums.taken)
      try Exact.add(max(person.left, 0), to: &left)
      try Exact.add(try Exact.less(0, min(person.left, 0)), to: &debt)
    }
    try expect("\(place), given", sums.given, tranche.given)
    try expect("\(place), spent", sums.spent, tranche.spent)
    try expect("\(place), moved", sums.moved, tranche.moved)
    try expect("\(place), taken", sums.taken, tranche.taken)
    try expect("\(place), left", left, tranche.left)
    try expect("\(place), debt", debt, tranche.debt)
    var remains = try Exact.less(tranche.received, tranche.given)
    for take in tranche.ungiven { remains = try Exact.less(remains, take.fen) }
    try expect("\(place), remains", remains, tranche.remains)
  }

  private static func check(
    sumsOf document: CertificateDocument
  ) throws(VerificationFailure) {
    let takes = document.tranches.flatMap { $0.ungiven + $0.people.flatMap(\.taken) }
    var all: Int64 = 0
    for run in document.runs {
      var taken: Int64 = 0
      for take in takes where take.run == run.number { try Exact.add(take.fen, to: &taken) }
      try expect("run \(run.number)", taken, run.fen)
      try Exact.add(taken, to: &all)
    }
    if let stranger = takes.first(where: { take in
      !document.runs.contains { $0.number == take.run }
    }) {
      throw .difference(
        Difference("run \(stranger.run)", expected: "one of the certificate", found: "none"))
    }
    try expect("the certificate's sum", all, document.fen)
  }

  private static func expect<Value: Equatable & CustomStringConvertible>(
    _ place: String, _ expected: Value, _ found: Value
  ) throws(VerificationFailure) {
    guard expected != found else { return }
    throw .difference(Difference(place, expected: expected, found: found))
  }
}

/// What people spent of some tranches, by the terminals' records alone.
private struct Spending {
  private struct Key: Hashable, Comparable {
    let tranche: Int64
    let account: Int64

    static func < (left: Self, right: Self) -> Bool {
      (left.tranche, left.account) < (right.tranche, right.account)
    }
  }

  private struct Place: Hashable {
    let terminal: TerminalID
    let id: Digest32
  }

  private struct Part: Hashable {
    let purse: Purse
    let tranche: TrancheID
  }

  /// ¥100,000.00: no sale above it is charged to anybody before people have looked.
  private static let largestSale: Int64 = 10_000_000

  private let tranches: Set<Int64>
  private let people: Set<Key>
  private let listed: Set<Place>
  private var sales: [Place: SaleRecord] = [:]
  private var returned: [Place: [Part: Int64]] = [:]
  private var spent: [Key: Int64] = [:]

  init(_ document: CertificateDocument, _ shelf: BatchShelf) throws(VerificationFailure) {
    tranches = Set(document.tranches.map(\.number))
    people = Set(
      document.tranches.flatMap { tranche in
        tranche.people.map { Key(tranche: tranche.number, account: $0.account) }
      })
    var listed: Set<Place> = []
    for record in document.disregarded {
      guard let id = Hexadecimal.bytes(record.id).flatMap({ Digest32($0) }) else {
        throw .difference(
          Difference("a record without effect", expected: "32 bytes", found: record.id))
      }
      listed.insert(Place(terminal: TerminalID(record.terminal), id: id))
    }
    self.listed = listed
    var corrections: [(place: Place, name: String, record: CorrectionRecord)] = []
    for terminal in document.terminals {
      let number = TerminalID(terminal.number)
      for (id, entry) in try shelf.covered(by: terminal.heads, of: number) {
        let place = Place(terminal: number, id: id)
        let name = "record \(entry.position.epoch)/\(entry.position.sequence) of terminal \(number)"
        switch entry.record?.body {
        case .sale(let sale):
          sales[place] = sale
          try count(sale, place, name)
        case .correction(let correction): corrections.append((place, name, correction))
        case .epochOpened, .decline, .dayClosed, .holdReleased, .keyRotated, nil: break
        }
      }
    }
    for one in corrections.sorted(by: { $0.name < $1.name }) {
      try count(one.record, one.place, one.name)
    }
    try checkListed(corrections)
  }

  /// The first that nobody of the certificate has spent.
  var rest: (tranche: Int64, account: Int64, fen: Int64)? {
    spent.filter { $0.value != 0 }.min { $0.key < $1.key }
      .map { ($0.key.tranche, $0.key.account, $0.value) }
  }

  /// What a person spent; it is asked for once.
  mutating func take(_ account: Int64, _ tranche: Int64) -> Int64 {
    spent.removeValue(forKey: Key(tranche: tranche, account: account)) ?? 0
  }

  private func isOurs(_ purse: Purse, _ tranche: TrancheID) -> Bool {
    purse == .subsidy && tranches.contains(tranche.number)
  }

  private static func isCharged(_ sale: SaleRecord) -> Bool {
    sale.spends.allSatisfy { $0.amount > .zero } && sale.total.value <= largestSale
  }

  private mutating func count(
    _ sale: SaleRecord, _ place: Place, _ name: String
  ) throws(VerificationFailure) {
    let ours = sale.spends.filter { isOurs($0.purse, $0.tranche) }
    guard !ours.isEmpty else { return }
    let isPersons = ours.contains { spend in
      people.contains(Key(tranche: spend.tranche.number, account: sale.account.number))
    }
    let isListed = listed.contains(place)
    // An official meal may be held back because nobody asked for it, which no record says.
    let mayBeListed = sale.mode == .officialMeal || !(isPersons && Self.isCharged(sale))
    guard !isListed || mayBeListed else {
      throw .difference(Difference(name, expected: "an effect: it is a sale", found: "none"))
    }
    guard isListed || Self.isCharged(sale) else {
      throw .difference(
        Difference(name, expected: "among those without effect", found: "an effect"))
    }
    guard !isListed else { return }
    for spend in ours {
      let key = Key(tranche: spend.tranche.number, account: sale.account.number)
      try Exact.add(spend.amount.value, to: &spent[key, default: 0])
    }
  }

  private mutating func count(
    _ correction: CorrectionRecord, _ place: Place, _ name: String
  ) throws(VerificationFailure) {
    guard !listed.contains(place), !correction.returns.isEmpty else { return }
    let ours = correction.returns.filter { isOurs($0.purse, $0.tranche) }
    guard !ours.isEmpty else { return }
    let sold = original(of: correction, at: place)
    guard let sale = sales[sold], sale.account == correction.account, !listed.contains(sold) else {
      throw .difference(
        Difference(
          name, expected: "among those without effect: there is no such sale", found: "an effect"))
    }
    for part in correction.returns {
      let key = Part(purse: part.purse, tranche: part.tranche)
      try Exact.add(part.amount.value, to: &returned[sold, default: [:]][key, default: 0])
    }
    guard Self.fits(returned[sold] ?? [:], sale) else {
      throw .difference(
        Difference(name, expected: "no more than was sold", found: "more goes back from the sale"))
    }
    for part in ours {
      let key = Key(tranche: part.tranche.number, account: correction.account.number)
      spent[key] = try Exact.less(spent[key] ?? 0, part.amount.value)
    }
  }

  private func original(of correction: CorrectionRecord, at place: Place) -> Place {
    Place(
      terminal: correction.elsewhere?.terminal ?? place.terminal, id: correction.originalID)
  }

  /// A correction may be without effect only where its sale is not there or without effect itself, or where it does not
  /// fit with those that had one.
  private func checkListed(
    _ corrections: [(place: Place, name: String, record: CorrectionRecord)]
  ) throws(VerificationFailure) {
    for one in corrections where listed.contains(one.place) {
      let sold = original(of: one.record, at: one.place)
      guard let sale = sales[sold], sale.account == one.record.account, !listed.contains(sold)
      else { continue }
      var all = returned[sold] ?? [:]
      for part in one.record.returns {
        let key = Part(purse: part.purse, tranche: part.tranche)
        try Exact.add(part.amount.value, to: &all[key, default: 0])
      }
      guard !Self.fits(all, sale) else {
        throw .difference(
          Difference(one.name, expected: "an effect: it fits its sale", found: "none"))
      }
    }
  }

  private static func fits(_ parts: [Part: Int64], _ sale: SaleRecord) -> Bool {
    parts.allSatisfy { part, fen in
      let sold = sale.spends.first { $0.purse == part.purse && $0.tranche == part.tranche }
      return fen <= sold?.amount.value ?? 0
    }
  }
}
