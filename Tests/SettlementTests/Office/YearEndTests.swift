import CanteenModel
import SettlementCore
import StatementVerification
import SyncProtocol
import Testing

@testable import SettlementStore

@Suite(.everyStore, .namingStore) struct YearEndTests {
  private static func policy(to destination: String?, graceDays: Int = 10) -> [UInt8] {
    let residual = destination.map { "\"residualTo\": \"\($0)\", " } ?? ""
    return Array(
      """
      {"version": 1, "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "2026-01-01",
       "yearEnd": {\(residual)"graceDays": \(graceDays)}}
      """.utf8)
  }

  private static let may: Int32 = Programme.quarter("2027Q1").firstDay + 10

  /// Unit 7 paid ¥1,000; its people got ¥600 and ¥300 and topped up ¥88 of their own.
  private static func given(
    _ fixture: SettlementFixture, _ terminal: TestTerminal, policy: [UInt8]
  ) async throws -> (books: Books, tranche: TrancheID) {
    let books = try await fixture.openProgramme(terminal, policy: policy)
    let roster = try await books.propose()
    try await books.unitPays()
    _ = try await books.bank(.income, "B1,2026-11-02,88.00,6222-0001,充值")
    _ = try await books.approveRoster(roster.number, by: "li")
    _ = try await books.allocate(roster.number, on: Programme.today, by: "zhang")
    return (books, roster.tranche)
  }

  private static func sale(_ account: Int64, _ fen: Int64, of tranche: TrancheID) throws
    -> SaleRecord
  {
    try SaleRecord(
      account: AccountID(account), lane: LaneID(1), medium: .card, mode: .keyedAmount,
      slot: MealKey(day: Programme.today, period: 0),
      spends: [Spend(purse: .subsidy, tranche: tranche, amount: Fen(fen))], place: .alone,
      rulebookVersion: 1)
  }

  @Test("nobody decided, nothing is closed (C1); before the days of grace are over neither (C14)")
  func undecided() async throws {
    let fixture = try SettlementFixture()
    let (books, _) = try await Self.given(fixture, TestTerminal(), policy: Self.policy(to: nil))
    let error = await #expect(throws: StoreError.self) {
      _ = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    }
    #expect(
      error?.description.contains("nobody has decided where the subsidy of 2026 goes") == true)
    try books.close()
    let second = try SettlementFixture()
    let (others, _) = try await Self.given(second, TestTerminal(), policy: Self.policy(to: "unit"))
    let early = await #expect(throws: StoreError.self) {
      _ = try await others.closeYear(2026, on: Self.may - 1, by: Programme.people())
    }
    #expect(early?.description.contains("2026 may be closed from 2027-01-11 on") == true)
    try others.close()
  }

  @Test(
    "what is left goes where the policy says, each fen of each tranche; own money stays (S13, S14, C1, C2)",
    arguments: [
      ("unit", "returned:7"), ("treasury", "treasury"), ("treasuryClaimable", "claimable:7"),
    ])
  func destinations(name: String, key: String) async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let (books, tranche) = try await Self.given(fixture, terminal, policy: Self.policy(to: name))
    try terminal.append(.sale(Self.sale(1, 12_345, of: tranche)))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let preview = try await books.previewYearEnd(2026)
    #expect(preview.variants.count == 3)
    #expect(preview.variants.allSatisfy { $0.accounts.values.reduce(0, +) == 87_655 })
    let report = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    #expect(report.units == preview.units)
    let line = try #require(report.units.first?.tranches.first)
    #expect(line.receivedFen == 100_000 && line.givenFen == 90_000 && line.spentFen == 12_345)
    #expect(line.takenFen == 77_655 && line.ungivenFen == 10_000 && line.debtFen == 0)
    let destination = try #require(LedgerAccount(key: key))
    #expect(try await books.balance(of: destination) == Fen(87_655))
    #expect(try await books.balance(of: .funded(tranche)) == .zero)
    let first = try #require(
      try await books.rows(for: terminal.id).first { $0.account == AccountID(1) })
    #expect(first.balance == PurseAmounts(personal: Fen(8_800)))
    #expect(try await books.check().isGood)
    #expect(try await books.report().totals.sumFen == 0)
    let refused = await #expect(throws: StoreError.self) {
      _ = try await books.propose("1,王小明,,1.00")
    }
    #expect(refused?.description.contains("2026 is closed") == true)
    try books.close()
  }

  @Test("a December sale that comes in January is paid from what was taken, and only that (C14)")
  func late() async throws {
    let fixture = try SettlementFixture()
    var terminal = TestTerminal()
    let (books, tranche) = try await Self.given(fixture, terminal, policy: Self.policy(to: "unit"))
    _ = try await books.closeYear(2026, on: Self.may, by: Programme.people())
    #expect(try await books.balance(of: .returned(UnitID(7))) == Fen(100_000))
    try terminal.append(.sale(Self.sale(1, 1_500, of: tranche)))
    try terminal.append(.sale(Self.sale(2, 30_100, of: tranche)))
    _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
    let report = try await books.closeYear(2026, on: Self.may + 5, by: Programme.people())
    #expect(report.run == 2)
    let line = try #require(report.units.first?.tranches.first)
    #expect(line.takenFen == -31_500, "of the second person no more than was taken")
    #expect(line.debtFen == -100 && line.spentFen == 31_600)
    #expect(try await books.balance(of: .returned(UnitID(7))) == Fen(68_500))
    let empty = try await books.closeYear(2026, on: Self.may + 5, by: Programme.people())
    #expect(empty.units.allSatisfy { $0.fen == 0 }, "a run with nothing to do changes nothing")
    #expect(try await books.check().isGood)
    try books.close()
  }

  /// A year with two sales, one of them given back in part, one more than there was, and two runs.
  private static func certified(
    planting bug: SeededOfficeBug? = nil
  ) async throws -> (file: [UInt8], batches: [[UInt8]], key: SigningKey) {
    try await SeededOfficeBug.$planted.withValue(bug) {
      let fixture = try SettlementFixture()
      var terminal = TestTerminal()
      let (books, tranche) = try await given(fixture, terminal, policy: policy(to: "unit"))
      try terminal.append(.sale(sale(1, 12_345, of: tranche)))
      try terminal.append(
        .correction(
          CorrectionRecord(
            kind: .refund,
            original: JournalPosition(epoch: terminal.epoch, sequence: SequenceNumber(1)),
            originalID: terminal.heads[0], account: AccountID(1),
            returns: [Spend(purse: .subsidy, tranche: tranche, amount: Fen(345))],
            slot: MealKey(day: Programme.today, period: 0),
            uncounted: SaleCounts(
              meals: 0, guests: 0, amount: Fen(345), alone: 0, aloneAmount: .zero,
              marketAmount: .zero), by: OperatorIdentity(userID: 0, name: "root"), note: "")))
      _ = try await books.take(batch: try terminal.batch(), from: terminal.id)
      _ = try await books.closeYear(2026, on: may, by: Programme.people())
      try terminal.append(.sale(sale(2, 30_100, of: tranche)))
      _ = try await books.take(batch: try terminal.batch(after: 2), from: terminal.id)
      _ = try await books.closeYear(2026, on: may + 5, by: Programme.people())
      let file = try await books.certificateFile(of: UnitID(7), year: 2026)
      let page = try await books.exportBatches(of: terminal.id)
      try books.close()
      return (file, try BatchFile.batches(in: Array(page.file)), fixture.key)
    }
  }

  @Test("a signed certificate is reckoned again from batches alone, and debts stand by themselves")
  func certificate() async throws {
    let (file, batches, key) = try await Self.certified()
    let document = try CertificateVerifier.verify(file, batches: batches, key: key.publicKey)
    let tranche = try #require(document.tranches.first)
    #expect(tranche.people.map(\.spent) == [12_000, 30_100] && tranche.spent == 42_100)
    #expect(tranche.people.map(\.left) == [0, -100] && tranche.left == 0 && tranche.debt == 100)
    #expect(tranche.received == 100_000 && tranche.ungiven.map(\.fen) == [10_000])
    #expect(document.runs.map(\.fen) == [88_000, -30_000] && document.fen == 58_000)
  }

  @Test("each figure of a certificate that is not so is named, to the fen")
  func changedCertificates() async throws {
    let (file, batches, key) = try await Self.certified()
    let document = try CertificateCodec.open(file, key: key.publicKey)
    func failure(
      _ batches: [[UInt8]], _ change: (inout CertificateDocument) -> Void
    ) throws -> String {
      var changed = document
      change(&changed)
      let file = try CertificateCodec.sign(try CertificateCodec.encode(changed), key: key)
      let error = #expect(throws: VerificationFailure.self) {
        try CertificateVerifier.verify(file, batches: batches, key: key.publicKey)
      }
      return error?.description ?? ""
    }
    #expect(
      try failure(batches) { $0.tranches[0].people[0].spent -= 1 }
        .contains("account 1, spent: expected 12000, found 11999"))
    #expect(
      try failure(batches) { $0.tranches[0].people[0].left += 1 }
        .contains("account 1, left: expected 0, found 1"))
    #expect(try failure(batches) { $0.tranches[0].debt = 0 }.contains("debt: expected 100"))
    #expect(try failure(batches) { $0.tranches[0].received += 1 }.contains("remains: expected 1"))
    #expect(try failure(batches) { $0.tranches[0].people.removeLast() }.contains("given: expected"))
    #expect(try failure(batches) { $0.runs[0].fen += 1 }.contains("run 1: expected 88000"))
    #expect(try failure(batches) { $0.fen += 1 }.contains("the certificate's sum: expected 58000"))
    #expect(
      try failure(batches) { $0.runs[1].approvedBy = $0.runs[1].proposedBy }
        .contains("run 2: expected two people"))
    #expect(try failure(batches) { $0.terminals = [] }.contains("account 1, spent: expected 0"))
    #expect(try failure([batches[0]]) { _ in }.contains("none in the batches"))
    let hidden = try failure(batches) {
      $0.disregarded = [
        StatementDocument.Disregarded(
          terminal: 3, id: $0.terminals[0].heads[0].head, reason: "absurdAmount")
      ]
    }
    #expect(hidden.contains("record 1/3 of terminal 3: expected an effect"), "\(hidden)")
    #expect(throws: VerificationFailure.self) {
      try CertificateVerifier.verify(file, batches: batches, key: SigningKey().publicKey)
    }
  }

  #if SEEDED_BUGS
    @Test("a certificate that hides what people owe in what they spent is found")
    func plantedCertificate() async throws {
      let (file, batches, key) = try await Self.certified(planting: .debtIsNotSpent)
      let error = #expect(throws: VerificationFailure.self) {
        try CertificateVerifier.verify(file, batches: batches, key: key.publicKey)
      }
      #expect(error?.description.contains("account 2, spent: expected 30100") == true)
    }
  #endif

  #if SEEDED_BUGS
    @Test("a late sale that becomes the diner's debt is found")
    func planted() throws {
      func amount() throws -> Fen { try YearEndRule.amount(left: Fen(-500), taken: Fen(800)) }
      #expect(try amount() == Fen(-500))
      let bad = try SeededOfficeBug.$planted.withValue(.lateSaleIsADebt) { try amount() }
      #expect(bad != Fen(-500))
    }
  #endif
}
