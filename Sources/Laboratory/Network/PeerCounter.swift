import CanteenModel
import Foundation

/// The counters of the terminals of a canteen, and what everybody was approved at them.
struct PeerCounter: Sendable {
  let network: NeighbourNetwork
  private let terminals: [Neighbour]
  private let diners: [Diner]
  private let price: Fen
  private let patience: Duration
  private var approved: [Fen]
  private var taps = 0
  private var slowest = Duration.zero
  private var cuts = 0

  init(
    network: NeighbourNetwork, terminals: [Neighbour], diners: [Diner], price: Fen,
    patience: Duration
  ) {
    self.network = network
    self.terminals = terminals
    self.diners = diners
    self.price = price
    self.patience = patience
    approved = diners.map { _ in .zero }
  }

  /// What was lit green in all.
  var total: Fen { Fen(approved.reduce(0) { $0 + $1.value }) }

  var words: String {
    "\(taps) taps, \(total) approved, the network changed \(cuts) times, slowest light \(slowest)"
  }

  /// Takes the network apart, or mends it, and waits until the terminals have noticed.
  ///
  /// - Parameter islands: Terminals by number; those of one island reach one another. Only one island has more than
  ///   one.
  mutating func group(_ islands: [Int]...) async throws { try await group(islands) }

  mutating func group(_ islands: [[Int]]) async throws {
    cuts += 1
    for island in islands {
      for number in island { try network.set(number, up: island.count > 1) }
    }
    for island in islands {
      for number in island {
        let neighbours = island.count - 1
        try await Patience.until(
          "terminal \(number) is answered by \(neighbours)", within: .seconds(60)
        ) {
          await terminals[number - 1].isReady(with: neighbours)
        }
      }
    }
  }

  /// Somebody taps at one terminal, or copies of their card at several at once.
  ///
  /// - Parameters:
  ///   - diner: From 0.
  ///   - places: Of the terminals, from 0.
  mutating func tap(diner: Int, at places: [Int]) async throws {
    let card = diners[diner].card
    let terminals = terminals
    let lights = try await withThrowingTaskGroup(of: (isGreen: Bool, latency: Duration).self) {
      group in
      for place in places { group.addTask { try await terminals[place].tap(card) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    taps += places.count
    for light in lights {
      slowest = max(slowest, light.latency)
      if light.isGreen { approved[diner] = try approved[diner] + price }
      guard light.latency < patience else {
        throw LaboratoryError.broken("a light took \(light.latency)")
      }
    }
  }

  func check(_ diner: Int, atMost limit: Fen) throws {
    guard approved[diner] <= limit else {
      throw LaboratoryError.broken(
        "diner \(diner + 1) was approved \(approved[diner]), more than \(limit)")
    }
  }

  func check(_ diner: Int, exactly expected: Fen) throws {
    guard approved[diner] == expected else {
      throw LaboratoryError.broken(
        "diner \(diner + 1) was approved \(approved[diner]), not \(expected)")
    }
  }
}
