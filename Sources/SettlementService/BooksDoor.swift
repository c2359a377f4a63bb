import SettlementStore

/// The way to the books for a command: through the running service, or into the file.
package enum BooksDoor {
  /// Asks the service that answers at the socket; when none does, opens the books, and closes them
  /// when `body` is done.
  ///
  /// - Throws: ``ControlRefusal``; what the key file throws; what `body` throws.
  package static func asking<Value>(
    _ configuration: SettlementConfiguration, _ body: (any SettlementControl) async throws -> Value
  ) async throws -> Value {
    let service = SocketControl(socketPath: configuration.socketPath)
    if await service.isAnswered() { return try await body(service) }
    let (books, identity) = try open(configuration)
    do {
      let value = try await body(
        BooksControl(books: books, identity: identity, caller: .own))
      try books.close()
      return value
    } catch {
      try? books.close()  // the first error is the one that counts
      throw error
    }
  }

  private static func open(
    _ configuration: SettlementConfiguration
  ) throws -> (Books, CentreIdentity) {
    do {
      return try Centre.open(configuration)
    } catch StoreError.inUse {
      throw ControlRefusal.unavailable(
        "a service holds \(configuration.store) and does not answer at "
          + "\(configuration.socketPath): are CANTEEN_SETTLEMENT_SOCKET and your rights the same?")
    }
  }
}
