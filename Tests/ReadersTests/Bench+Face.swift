import CanteenModel
import Readers
import VirtualReaders

extension Bench {
  /// A supervisor that expects a face module at the bench's port.
  static func withFaceModule(
    _ settings: FaceSettings = FaceSettings(), clock: ReaderClock = .machine,
    _ body: (inout Bench) async throws -> Void
  ) async throws {
    let place = ReaderPlan.Place(socket: port, lane: lane, role: .face, face: settings)
    try await with([], plan: ReaderPlan(places: [place]), clock: clock, body)
  }

  /// Plugs a module in, behind a bridge.
  func plug(_ peripheral: some SerialPeripheral, _ kind: SerialBridgeModel.Kind) throws {
    try bus.plug(SerialBridgeModel(kind, peripheral: peripheral), port: Self.port)
  }

  /// The next event that is not about how the face stands.
  mutating func nextBesideGuidance() async -> ReaderEvent? {
    while let event = await next() {
      if case .guidance = event { continue }
      return event
    }
    return nil
  }
}

/// What a face's presentation must look like.
func presented(user: UInt16) -> ReaderEvent {
  .presented(
    Presentation(evidence: .face(user: user), reader: Bench.reader), lane: Bench.lane)
}
