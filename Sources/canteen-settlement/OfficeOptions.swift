import ArgumentParser
import CanteenModel
import Foundation
import SettlementCore
import SettlementService
import SettlementStore

/// Who acts alone.
struct Person: ParsableArguments {
  @Option(name: .customLong("by"), help: "Who does it; kept with it.")
  var name: String
}

/// Who stands for what one person may not do alone.
struct Pair: ParsableArguments {
  @Option(help: "Who proposes it.") var proposer: String
  @Option(help: "Who approves it: somebody else.") var approver: String

  func people() throws -> TwoPeople {
    guard let people = TwoPeople(proposer: proposer, approver: approver) else {
      throw ValidationError("the proposer and the approver are two people, each with a name")
    }
    return people
  }
}

extension SettingsFile {
  /// Asks the office, and reads its answer.
  func programme<Value: Decodable>(
    _ order: ProgrammeOrder, as type: Value.Type = Value.self
  ) async throws -> Value {
    let answer = try await asking { try await $0.programme(order) }
    return try JSONDecoder().decode(type, from: Data(answer))
  }
}

extension Quarter: ExpressibleByArgument {
  /// As ``Quarter/init(_:)`` reads it.
  public init?(argument: String) { self.init(argument) }
}

extension BankAccount: ExpressibleByArgument {}

/// A local day on the command line.
struct LocalDayArgument: ExpressibleByArgument {
  let day: Int32

  init?(argument: String) {
    guard let date = CivilDate(argument) else { return nil }
    day = date.day
  }

  private init(day: Int32) { self.day = day }

  /// China's.
  static var today: Self {
    Self(day: Int32((Date.now.timeIntervalSince1970 + 8 * 3600) / 86_400))
  }

  var defaultValueDescription: String { "today" }
}
