package import CanteenModel

/// Gives every record its time, so that record time never falls whatever the wall clock does.
package struct RecordClock: Hashable, Sendable {
  /// The wall time of the last record.
  package private(set) var lastWallMilliseconds: Int64
  /// No honest wall clock is behind this: the day on which the program was built.
  private let floorMilliseconds: Int64

  package init(lastWallMilliseconds: Int64, floorMilliseconds: Int64) {
    self.lastWallMilliseconds = lastWallMilliseconds
    self.floorMilliseconds = floorMilliseconds
  }

  /// How far the wall clock may fall behind the last record and still be believed.
  private static let toleranceMilliseconds: Int64 = 2_000

  /// The time of a record made now: at least one millisecond after the record before it.
  package mutating func stamp(_ reading: ClockReading) -> RecordTime {
    let isTrusted =
      reading.wallMilliseconds >= floorMilliseconds
      && reading.wallMilliseconds >= lastWallMilliseconds - Self.toleranceMilliseconds
    lastWallMilliseconds = max(lastWallMilliseconds + 1, reading.wallMilliseconds)
    return RecordTime(
      wallMilliseconds: lastWallMilliseconds, bootMilliseconds: reading.bootMilliseconds,
      isTrusted: isTrusted)
  }
}
