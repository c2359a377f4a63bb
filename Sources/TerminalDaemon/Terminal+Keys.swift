package import CanteenModel
import Journal
import SyncTransport

extension Terminal {
  /// Begins to rotate the key that the records are signed with. The new one is on disk before a record names
  /// it, and signs as soon as the ack of that record is on disk.
  ///
  /// - Throws: ``OperatorRefusal``; ``JournalError``; ``SecretFile/Failure``: nothing was written then.
  package func rotateKey() async throws -> KeyRotationLine {
    guard hasJoined else {
      throw OperatorRefusal(
        description:
          "this terminal belongs to no centre, which alone could acknowledge another key: "
          + "canteenctl enrol URL TOKEN")
    }
    guard keyFile.mayPrepareNext else {
      throw OperatorRefusal(
        description:
          "this terminal's key is a credential, and no other one is written to the disk: make the "
          + "next one, load it as the credential terminal.key.next, start canteend again, and then ask "
          + "again (README, Keys in a TPM)")
    }
    let step = try await journal.rotate(to: try keyFile.prepareNext())
    settleSoon()
    switch step {
    case .begun(let position): return KeyRotationLine(position: position, wasUnderWay: false)
    case .underWay(let position): return KeyRotationLine(position: position, wasUnderWay: true)
    }
  }
}
