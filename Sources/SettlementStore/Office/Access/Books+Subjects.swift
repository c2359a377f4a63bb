package import CanteenModel
import SQLStore
package import SettlementCore

/// What a request is about, by its number.
package enum SubjectName: Hashable, Sendable {
  case whole
  case unit(UnitID)
  case canteen(CanteenID)
  case caterer(CatererID)
  case terminal(TerminalID)
  case account(AccountID)
  /// The unit whose act was proposed.
  case proposal(Int64)
}

extension Books {
  /// The most steps from a township up to the city; a longer way is a loop.
  private static let regionDepth = 8

  /// Where something lies, today. What is not known lies nowhere, so that only who reaches everything learns of it.
  package func subject(_ name: SubjectName) async throws(StoreError) -> Subject {
    if name == .whole { return .whole }
    return try await read { db in
      switch name {
      case .whole: .whole
      case .unit(let unit): try self.subject(of: unit, db)
      case .canteen(let canteen): try self.subject(of: canteen, db)
      case .caterer(let caterer): try self.subject(of: caterer, db)
      case .terminal(let terminal): try self.subject(of: terminal, db)
      case .account(let account): try self.subject(of: account, db)
      case .proposal(let number): try self.subject(ofProposal: number, db)
      }
    }
  }

  private func subject(ofProposal number: Int64, _ db: any Database) throws -> Subject {
    let unit: UInt32? = try db.value("SELECT unit FROM proposal WHERE number = ?", [number])
    return try unit.map { try subject(of: UnitID($0), db) } ?? .whole
  }

  private func subject(of unit: UnitID, _ db: any Database) throws -> Subject {
    var subject = Subject()
    var region: Int64? = try db.value("SELECT region FROM unit WHERE number = ?", [unit.number])
    guard region != nil else { return subject }
    subject.unit = unit
    while let number = region, subject.regions.count < Self.regionDepth {
      subject.regions.append(number)
      region = try db.value("SELECT parent FROM region WHERE number = ?", [number])
    }
    return subject
  }

  private func subject(of canteen: CanteenID, _ db: any Database) throws -> Subject {
    let unit: UInt32? = try db.value(
      "SELECT unit FROM canteen WHERE number = ?", [canteen.number])
    guard let unit else { return .whole }
    var subject = try subject(of: UnitID(unit), db)
    subject.canteen = canteen
    let caterer: UInt32? = try db.value(
      """
      SELECT caterer FROM canteen_term WHERE canteen = ? AND from_day <= ?
      ORDER BY from_day DESC LIMIT 1
      """, [canteen.number, try localDay(db)])
    subject.caterer = caterer.map { CatererID($0) }
    return subject
  }

  private func subject(of caterer: CatererID, _ db: any Database) throws -> Subject {
    guard try db.hasRow("SELECT 1 FROM caterer WHERE number = ?", [caterer.number]) else {
      return .whole
    }
    var subject = Subject()
    subject.caterer = caterer
    return subject
  }

  private func subject(of terminal: TerminalID, _ db: any Database) throws -> Subject {
    let canteen: UInt32? = try db.value(
      "SELECT canteen FROM terminal WHERE number = ?", [terminal.number])
    return try canteen.map { try subject(of: CanteenID($0), db) } ?? .whole
  }

  private func subject(of account: AccountID, _ db: any Database) throws -> Subject {
    guard try db.hasRow("SELECT 1 FROM account WHERE number = ?", [account.number]) else {
      return .whole
    }
    let unit: UInt32? = try db.value(
      """
      SELECT unit FROM membership WHERE account = ? AND from_day <= ?
      ORDER BY from_day DESC LIMIT 1
      """, [account.number, try localDay(db)])
    var subject = try unit.map { try self.subject(of: UnitID($0), db) } ?? Subject()
    subject.account = account
    return subject
  }
}
