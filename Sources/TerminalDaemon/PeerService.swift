import ServiceLifecycle

/// Greets the other terminals of the canteen and tells them what became of reservations, so that a sale finds a
/// connection that is open and knows whom it is worth to ask.
struct PeerService: Service {
  let desk: PeerDesk

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await desk.bell.rest(milliseconds: await desk.speak())
      }
    }
  }
}
