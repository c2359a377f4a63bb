import CanteenModel
import SQLStore
import SettlementStore
import SyncProtocol
import Synchronization

/// The centre of a city: its books on one store, opened for each act and closed behind it, so that questions in SQL of
/// our own find the store as anybody would who comes later.
struct CityOffice: Sendable {
  let plan: CityPlan
  let location: StoreLocation
  let key: SigningKey
  let clock = CityClock()

  init(_ plan: CityPlan, at location: StoreLocation) throws {
    self.plan = plan
    self.location = location
    key = try CityTerminal.key("centre of city \(plan.seed)")
  }

  func withBooks<Value>(_ body: (Books) async throws -> Value) async throws -> Value {
    let clock = clock
    let books = try Books(
      Books.Configuration(store: location, key: key, now: { clock.milliseconds }))
    let value: Value
    do {
      value = try await body(books)
    } catch {
      // try?: what failed first is what must be told.
      try? books.close()
      throw error
    }
    try books.close()
    return value
  }

  /// Asks the store past the product.
  func ask<Value>(_ body: (any Database) throws -> Value) throws -> Value {
    let store = try location.open(label: "questions to a city")
    let value: Value
    do {
      value = try store.runAndWait(body)
    } catch {
      // try?: what failed first is what must be told.
      try? store.close()
      throw error
    }
    try store.close()
    return value
  }

  /// What terminals are fed: what is left of every tranche of every person.
  func feed() throws -> CityPurses {
    try ask { db in
      var purses = CityPurses(people: plan.people)
      for row in try db.rows(
        "SELECT account, purse, tranche, fen FROM tranche WHERE fen <> 0 ORDER BY account, purse, tranche"
      ) {
        let (person, fen) = (Int(try row.whole("account")), try row.whole("fen"))
        if try row.whole("purse") == Purse.personal.number {
          purses[person].personal += fen
        } else {
          purses[person].subsidy.append((TrancheID(try row.whole("tranche")), fen))
        }
      }
      return purses
    }
  }
}

/// The city's time, which nothing but the city moves.
final class CityClock: Sendable {
  private let time = Mutex<Int64>(0)

  /// Unix time in milliseconds.
  var milliseconds: Int64 { time.withLock { $0 } }

  /// Waits until an hour of a local day.
  ///
  /// - Precondition: Time does not go back.
  func wait(until day: Int32, hour: Int64 = 12) {
    time.withLock { now in
      let next = CityPlan.time(day, hour: hour)
      precondition(next >= now, "the city's time does not go back")
      now = next
    }
  }
}

extension Row {
  /// An integer that must be there.
  func whole(_ column: String) throws -> Int64 {
    guard let value = self[column] as Int64? else {
      throw LaboratoryError.broken("\(column) is no number")
    }
    return value
  }

  /// A text that must be there.
  func word(_ column: String) throws -> String {
    guard let value = self[column] as String? else {
      throw LaboratoryError.broken("\(column) is no text")
    }
    return value
  }
}
