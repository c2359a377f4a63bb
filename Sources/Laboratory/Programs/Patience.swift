/// Waits until something is so, and says what was waited for when it never is.
enum Patience {
  /// - Parameter step: How long between two looks.
  /// - Throws: ``LaboratoryError/late(_:)`` after the limit.
  static func until(
    _ what: String, within limit: Duration, step: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
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
