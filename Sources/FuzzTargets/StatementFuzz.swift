import CanteenModel
import StatementVerification
import SyncProtocol

/// Statements and certificates as somebody hands them to whoever reckons them again, signed by a key that everybody knows.
enum StatementFuzz {
  /// What was opened is written as the same bytes, and reckoning it finds it right or names a difference: it never traps,
  /// whatever the figures are.
  static func run(_ bytes: [UInt8]) throws(BrokenPromise) {
    var input = FuzzInput(bytes)
    let isStatement = input.flag()
    let body = input.remainder()
    let (key, centre) = (WireFuzz.key, WireFuzz.key.publicKey)
    do throws(WireError) {
      if isStatement {
        let file = try StatementCodec.sign(body, key: key)
        let document = try StatementCodec.open(file, key: centre)
        try promised(try StatementCodec.encode(document) == body)
        // try?: which difference it names does not matter here.
        _ = try? StatementVerifier.examine(file, batches: [], key: centre)
      } else {
        let file = try CertificateCodec.sign(body, key: key)
        let document = try CertificateCodec.open(file, key: centre)
        try promised(try CertificateCodec.encode(document) == body)
        // try?: which difference it names does not matter here.
        _ = try? CertificateVerifier.verify(file, batches: [], key: centre)
      }
    } catch {
      guard case .unsupported("otherwise") = error else { return }
      throw BrokenPromise("a document is read otherwise than it is written")
    }
  }

  private static func promised(_ holds: Bool) throws(WireError) {
    guard holds else { throw .unsupported("otherwise") }
  }

  /// One of each, with every field.
  static var seeds: [[UInt8]] {
    do throws(WireError) {
      return [
        [1] + (try StatementCodec.encode(statement)),
        [0] + (try CertificateCodec.encode(certificate)),
      ]
    } catch {
      preconditionFailure("a good document cannot be written: \(error)")
    }
  }

  private static let key = Hexadecimal.text(WireFuzz.key.publicKey.rawBytes)

  private static var statement: StatementDocument {
    StatementDocument(
      quarter: "2026Q4", formerLastDay: 20_726, closedMilliseconds: 1, utcOffsetMinutes: 480,
      canteen: 1, canteenName: "x", unit: 7,
      rules: StatementDocument.Rules(
        policyVersion: 1, legalBasis: "x", feeBasisPoints: 50, feeBase: "afterEvaluation",
        exemptsSelfRun: true, evaluation: "deductionTable"),
      terms: [StatementDocument.Term(firstDay: 20_000, mode: "selfRun", caterer: 1, contract: "")],
      terminals: [
        StatementDocument.Terminal(
          number: 3, keys: [key],
          places: [StatementDocument.Place(fromMilliseconds: 0, canteen: 1)], heads: [],
          formerHeads: [])
      ],
      evaluation: StatementDocument.Evaluation(
        paidBasisPoints: nil,
        findings: [StatementDocument.Finding(day: 20_780, reason: "x", fen: 9)], proposedBy: "a",
        approvedBy: "b"), disregarded: [], takings: [], lines: [],
      accounts: [
        StatementDocument.Account(
          term: 20_000, caterer: 1, consumption: 0, deduction: 9, feeBase: 0, fee: 0, payable: -9)
      ])
  }

  private static var certificate: CertificateDocument {
    CertificateDocument(
      year: 2026, unit: 7, unitName: "x",
      runs: [
        CertificateDocument.Run(
          number: 1, destination: "unit", policyVersion: 1, bookedMilliseconds: 1, proposedBy: "a",
          approvedBy: "b", fen: 7)
      ],
      tranches: [
        CertificateDocument.Tranche(
          number: 4, quarter: "2026Q4", appropriation: "", received: 9,
          ungiven: [CertificateDocument.Take(run: 1, fen: 4)], remains: 0,
          people: [
            CertificateDocument.Person(
              account: 1, given: 5, spent: 0, moved: -2,
              taken: [CertificateDocument.Take(run: 1, fen: 3)], left: 0)
          ], given: 5, spent: 0, moved: -2, taken: 3, left: 0, debt: 0)
      ], terminals: [CertificateDocument.Terminal(number: 3, keys: [key], heads: [])],
      disregarded: [], fen: 7)
  }
}
