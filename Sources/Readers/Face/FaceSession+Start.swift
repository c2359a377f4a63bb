import Logging
import USBTransport

/// From a line that is set to a module that is ready.
extension FaceSession {
  mutating func start() async throws(FaceFailure) {
    for _ in 0..<Self.startTries {
      let isThere =
        switch family {
        case .fm22x: try await greetFM22x()
        case .tx510: try await ask(.version) != nil
        }
      if isThere {
        isStarted = true
        return
      }
    }
    throw .broken(
      "no \(family.rawValue) module answers at \(settings.serial.baud) baud")
  }

  /// - Returns: Whether the module is there and idle.
  private mutating func greetFM22x() async throws(FaceFailure) -> Bool {
    if settings.isEncrypted {
      guard try await beginEncryption() else { return false }
    }
    guard try await ask(.reset) != nil else { return false }
    try await ignore(for: Self.resetPause)
    if let version = try await ask(.version), version.result == .success {
      context.logger.info(
        "face module",
        metadata: ["reader": "\(context.reader)", "version": "\(FaceName.text(version.payload))"])
    }
    // Firmware without the command is taken as idle.
    guard let status = try await ask(.status), status.result == .success,
      let byte = status.payload.first
    else { return true }
    switch FaceModuleStatus(rawValue: byte) {
    case .idle: return true
    case .busy: return false
    case .failed, .invalid: throw .broken("the module says that it is out of order")
    case .updating: throw .broken("the module is being updated")
    case nil: return true
    }
  }

  /// Says plainly how frames are enciphered from now on. The answer is enciphered already.
  private mutating func beginEncryption() async throws(FaceFailure) -> Bool {
    parser.framing = .xor
    // Unanswered by a module that is still enciphering; it may be looking for a face.
    try await send(.reset)
    try await ignore(for: Self.resetPause)
    let seed = (0..<FaceCipher.seedSize).map { _ in UInt8.random(in: 0...255) }
    let command = FaceCommand.beginEncryption(seed: seed)
    try await send(command)
    parser.framing = .sealed(FaceCipher(seed: seed))
    guard let id = command.id(family),
      let answer = try await reply(to: id, within: Self.answerTime)
    else { return false }
    guard answer.result == .success else {
      throw .broken("the module refuses encryption: \(answer.result.words(family))")
    }
    return true
  }
}
