/// How long to wait before the next try: doubled each time, 5 s at most.
struct Pause: Equatable, Sendable {
  /// After a session of this length the next failure counts as the first.
  static let healthyAfter = Duration.seconds(10)
  private var length: Duration

  init(first: Duration = .milliseconds(100)) {
    length = first
  }

  mutating func next() -> Duration {
    defer { length = min(length * 2, .seconds(5)) }
    return length
  }
}
