/// The native DESFire commands that tell a DESFire from another processor card, wrapped as APDUs. Sources:
/// ACR122U API V2.04 (examples), libfreefare `mifare_desfire.c`.
enum DESFireCommand {
  /// Answered in three frames, each but the last with ``moreFrames``.
  static let getVersion: [UInt8] = [0x90, 0x60, 0x00, 0x00, 0x00]
  static let additionalFrame: [UInt8] = [0x90, 0xAF, 0x00, 0x00, 0x00]
  static let versionFrames = 3

  /// SW1 of every wrapped answer.
  static let statusHigh: UInt8 = 0x91
  static let moreFrames = StatusWord(0x91AF)
}
