import CanteenModel
import Foundation
package import SettlementCore

/// What an act of two people gives, as both decide on it: without who they are, when it was, and what number the books
/// gave it. The basis of a proposal is made of it, and the preview shows it.
package protocol Decided: Sendable {
  /// JSON; the same whenever the act would do the same.
  var decided: String { get throws }
}

extension RosterLine: Decided {
  private struct Basis: Encodable {
    let unit: UnitID
    let quarter: Quarter
    let people: Int
    let fen: Int64
  }

  package var decided: String {
    get throws {
      try DecidedText.of(Basis(unit: unit, quarter: quarter, people: people, fen: fen))
    }
  }
}

extension QuarterClose: Decided {
  private struct Basis: Encodable {
    let quarter: Quarter
    let utcOffsetMinutes: Int
  }

  /// What terminals hand in between the proposal and the approval is still within the line: whoever approves draws it.
  package var decided: String {
    get throws {
      try DecidedText.of(Basis(quarter: quarter, utcOffsetMinutes: utcOffsetMinutes))
    }
  }
}

extension StatementSummary: Decided {
  private struct Basis: Encodable {
    let quarter: Quarter
    let canteen: UInt32
    let name: String
    let digest: String?
    let consumption, deduction, fee, payable: Fen
  }

  package var decided: String {
    get throws {
      try DecidedText.of(
        Basis(
          quarter: quarter, canteen: canteen, name: name, digest: digest, consumption: consumption,
          deduction: deduction, fee: fee, payable: payable))
    }
  }
}

extension PaymentOrder: Decided {
  package var decided: String { get throws { try DecidedText.of(lines) } }
}

extension YearEndReport: Decided {
  package var decided: String { get throws { try DecidedText.of(self) } }
}

extension ProgrammePolicy: Decided {
  package var decided: String { get throws { try DecidedText.of(self) } }
}

/// JSON whose fields have one order: a dictionary's own description has another one in each process.
enum DecidedText {
  static func of(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
