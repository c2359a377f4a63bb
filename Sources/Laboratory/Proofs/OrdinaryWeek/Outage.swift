import SeededRandom

/// Something that is broken for a part of the time, in stretches of random length.
struct Outage: Sendable {
  struct Kind: Sendable {
    /// Of a thousand ticks so many.
    let permille: Int
    /// How long it lasts on average.
    let meanTicks: Int
  }

  private let kind: Kind
  private(set) var isBroken: Bool

  init(_ kind: Kind, _ random: inout SplitMix64) {
    self.kind = kind
    isBroken = random.chance(permille: kind.permille)
  }

  /// One tick: it ends after the mean length on average, and begins so often that the share comes out.
  mutating func tick(_ random: inout SplitMix64) {
    // What is broken all the time, or never, does not change.
    guard (1..<1000).contains(kind.permille) else { return }
    let ends = 1_000_000 / kind.meanTicks
    let begins = ends * kind.permille / (1000 - kind.permille)
    if random.below(1_000_000) < (isBroken ? ends : begins) { isBroken.toggle() }
  }
}
