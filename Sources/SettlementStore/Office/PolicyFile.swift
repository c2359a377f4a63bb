import CanteenModel
import Foundation
import SettlementCore

/// The programme's policy as an administrator writes it: JSON, days as `2027-01-01`.
///
/// ```json
/// {"version": 1, "legalBasis": "株机管发〔2026〕3号", "effectiveFrom": "2027-01-01",
///  "funding": {"deadlineDay": 10, "rollsToWorkingDay": true, "path": "viaBureau", "allowsAdvance": false},
///  "fee": {"rateBasisPoints": 50, "base": "grossAfterReversal", "exemptsSelfRun": true},
///  "evaluation": "none", "yearEnd": {"residualTo": "unit", "graceDays": 10},
///  "unitRules": {"leastPrice": "3.00", "mostPrice": "25.00", "mostMinutes": 60, "mostSales": 2, "mostGuests": 2,
///                "visitorPricing": false}}
/// ```
///
/// What may be left out: `funding`, `fee`, `evaluation`, `yearEnd` and every field inside of them, which are then as above,
/// but for `residualTo`: without it no year is closed (C1); and `unitRules`: without it units set no rules of their own.
enum PolicyFile {
  private struct Written: Decodable {
    let version: Int64
    let legalBasis: String
    let effectiveFrom: String
    let funding: Funding?
    let fee: Fee?
    let evaluation: ProgrammePolicy.EvaluationKind?
    let yearEnd: YearEnd?
    let unitRules: UnitRules?

    struct UnitRules: Decodable {
      let leastPrice, mostPrice: String
      let mostMinutes, mostSales, mostGuests: Int
      let visitorPricing: Bool
    }

    struct Funding: Decodable {
      let deadlineDay: Int?
      let rollsToWorkingDay: Bool?
      let path: ProgrammePolicy.FundPath?
      let allowsAdvance: Bool?
    }

    struct Fee: Decodable {
      let rateBasisPoints: Int64?
      let base: ProgrammePolicy.FeeBase?
      let exemptsSelfRun: Bool?
    }

    struct YearEnd: Decodable {
      let residualTo: ProgrammePolicy.ResidualDestination?
      let graceDays: Int?
    }
  }

  /// - Throws: ``StoreError/refused(_:)``, which names the field and the cure.
  static func read(_ bytes: [UInt8]) throws(StoreError) -> ProgrammePolicy {
    let written: Written
    do {
      written = try JSONDecoder().decode(Written.self, from: Data(bytes))
    } catch {
      throw .refused(["the file is no policy: \(words(for: error))"])
    }
    guard let day = CivilDate(written.effectiveFrom)?.day else {
      throw .refused(["effectiveFrom: \"\(written.effectiveFrom)\" is not a day such as 2027-01-01"]
      )
    }
    let policy = ProgrammePolicy(
      version: written.version, legalBasis: written.legalBasis, effectiveFromDay: day,
      funding: .init(
        deadlineDay: written.funding?.deadlineDay ?? 10,
        rollsToWorkingDay: written.funding?.rollsToWorkingDay ?? true,
        path: written.funding?.path ?? .viaBureau,
        allowsAdvance: written.funding?.allowsAdvance ?? false),
      fee: .init(
        rateBasisPoints: written.fee?.rateBasisPoints ?? 50,
        base: written.fee?.base ?? .grossAfterReversal,
        exemptsSelfRun: written.fee?.exemptsSelfRun ?? true),
      evaluation: written.evaluation ?? .none,
      yearEnd: .init(
        residualTo: written.yearEnd?.residualTo, graceDays: written.yearEnd?.graceDays ?? 10),
      unitRules: try bounds(written.unitRules))
    guard policy.faults.isEmpty else { throw .refused(policy.faults) }
    return policy
  }

  private static func bounds(_ written: Written.UnitRules?) throws(StoreError) -> UnitRuleBounds? {
    guard let written else { return nil }
    return UnitRuleBounds(
      leastPrice: try RulebookFile.amount(written.leastPrice, "unitRules.leastPrice"),
      mostPrice: try RulebookFile.amount(written.mostPrice, "unitRules.mostPrice"),
      mostMinutes: written.mostMinutes, mostSales: written.mostSales,
      mostGuests: written.mostGuests, allowsVisitorPricing: written.visitorPricing)
  }

  private static func words(for error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(path(context)) is of another kind"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "\(path(context)) has no such value"
    default: "it is not JSON"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }
}
