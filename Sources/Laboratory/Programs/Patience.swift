/// Waits until something is so, and says what was waited for when it never is.
enum Patience {
  private static let step = Duration.milliseconds(5)

  /// - Throws: ``LaboratoryError/late(_:)`` after the limit.
  static func until(
    _ what: String, within limit: Duration, _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
      guard ContinuousClock.now < deadline else {
        throw LaboratoryError.late("not within \(limit): \(what)")
      }
      try await Task.sleep(for: step)
    }
  }
}
