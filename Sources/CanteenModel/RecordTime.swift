/// When a record was made, by the clocks of the terminal.
package struct RecordTime: Hashable, Sendable, Codable {
  /// Unix time in milliseconds. Never falls from one record of a terminal to the next.
  package let wallMilliseconds: Int64
  /// Milliseconds since the machine booted (CLOCK_BOOTTIME).
  package let bootMilliseconds: Int64
  /// Whether the wall clock was to be believed: not before the build, not behind the last record.
  package let isTrusted: Bool

  package init(wallMilliseconds: Int64, bootMilliseconds: Int64, isTrusted: Bool) {
    self.wallMilliseconds = wallMilliseconds
    self.bootMilliseconds = bootMilliseconds
    self.isTrusted = isTrusted
  }
}

/// What the clocks say at one moment, before the journal has made it monotone.
package struct ClockReading: Hashable, Sendable {
  /// Unix time in milliseconds.
  package let wallMilliseconds: Int64
  /// Milliseconds since the machine booted (CLOCK_BOOTTIME).
  package let bootMilliseconds: Int64

  package init(wallMilliseconds: Int64, bootMilliseconds: Int64) {
    self.wallMilliseconds = wallMilliseconds
    self.bootMilliseconds = bootMilliseconds
  }
}
