/// How often a reader may fail and be reset before it is parked: a device that is reset for ever costs
/// the terminal its rest, and the operator never hears of it.
struct RecoveryBudget: Equatable, Sendable {
  /// So many failures within ``window`` are cured by a reset; the next one parks the reader.
  static let limit = 8
  static let window = Duration.seconds(600)

  /// When the failures of the last ``window`` were, at most ``limit``, oldest first.
  private var failures: [Duration] = []
  private var isSpent = false

  /// Notes a failure.
  ///
  /// - Returns: Whether the reader may be reset once more.
  mutating func spend(at now: Duration) -> Bool {
    failures.removeAll { now - $0 >= Self.window }
    #if SEEDED_BUGS
      if SeededReaderBug.planted == .resetForEver { return true }
    #endif
    guard failures.count < Self.limit else {
      isSpent = true
      return false
    }
    failures.append(now)
    return true
  }

  /// The device was pulled out before it was reset: the last failure was nothing but the pulling.
  mutating func forgive() {
    _ = failures.popLast()
  }

  /// A device was plugged in. One that was parked is given another chance: nobody but a person pulls it
  /// out. One that comes back from a reset is not.
  mutating func noteArrival() {
    if isSpent { self = RecoveryBudget() }
  }
}
