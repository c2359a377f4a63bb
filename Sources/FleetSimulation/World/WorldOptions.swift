/// How one world is run.
package struct WorldOptions: Sendable {
  package var seed: UInt64
  /// How many presentations it lasts: 1 or more.
  package var swipes: Int
  /// What may go wrong in it.
  package var kinds: Set<FaultKind> = Set(FaultKind.allCases)
  /// Whether faults are common in it; `nil`: as its seed says.
  package var isRough: Bool?
  /// One of so many presentations is followed by questions that nobody asks in a world; 0: none is.
  package var drillOneIn = 400
  /// Whether everything must settle at the end.
  package var heals = true
  /// The world ends after so many events; `nil`: it does not.
  package var mostEvents: Int?

  package init(seed: UInt64, swipes: Int) {
    self.seed = seed
    self.swipes = swipes
  }
}
