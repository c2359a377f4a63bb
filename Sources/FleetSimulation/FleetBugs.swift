#if SEEDED_BUGS
  import CanteenModel
#endif

#if SEEDED_BUGS
  /// Plants each known bug in turn and sees which checker finds it.
  package enum FleetBugs {
    /// What came of one bug.
    package struct Finding: Sendable {
      package let bug: String
      /// In which of the worlds it was found, by its seed; `nil`: in none.
      package let seed: UInt64?
      package let what: String
    }

    /// In so many worlds a bug must be found, each of so many presentations.
    package static let worlds: UInt64 = 40
    package static let swipes = 4_000

    /// Every bug's name.
    package static var names: [String] {
      SeededRuleBug.allCases.map(\.rawValue) + SeededFleetBug.allCases.map(\.rawValue)
    }

    /// Looks for one bug.
    ///
    /// - Parameter name: One of ``names``.
    package static func find(_ name: String) -> Finding {
      for seed in 1...worlds {
        var options = WorldOptions(seed: seed, swipes: swipes)
        options.isRough = true
        options.drillOneIn = 40
        let outcome = SeededRuleBug.$planted.withValue(SeededRuleBug(rawValue: name)) {
          SeededFleetBug.$planted.withValue(SeededFleetBug(rawValue: name)) {
            FleetRun.world(options)
          }
        }
        if let violation = outcome.violation {
          return Finding(bug: name, seed: seed, what: violation)
        }
      }
      return Finding(bug: name, seed: nil, what: "")
    }
  }
#endif
