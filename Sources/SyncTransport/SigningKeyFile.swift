package import SyncProtocol

/// The file that holds a private signing key, as ``SecretFile`` keeps it: the seed of 32 bytes, and behind it,
/// where another key went before this one, the seed of the first of them (``SigningKey/lineSeed``).
package enum SigningKeyFile {
  private static let keyLength = 32

  /// Reads the key, or makes a new one when there is no file yet.
  ///
  /// A key is on disk before this returns. When two callers make one at once, both get the same.
  package static func readOrCreate(_ path: String) throws(SecretFile.Failure) -> SigningKey {
    if let key = try read(path) { return key }
    return try create(path, SigningKey())
  }

  /// Reads the key, or makes a new one when there is neither a key nor anything signed with it.
  ///
  /// - Parameter store: The ledger's or the books' file, which comes after the key: where it exists,
  ///   a missing key was lost.
  /// - Throws: ``SecretFile/Failure/missing(path:store:)``, and what ``readOrCreate(_:)`` throws.
  package static func readOrCreate(
    _ path: String, unlessExists store: String
  ) throws -> SigningKey {
    try readOrCreate(path, of: store) { try SecretFile.exists(store) }
  }

  /// Reads the key, or makes a new one when there is neither a key nor anything signed with it.
  ///
  /// - Parameters:
  ///   - store: What people call that which is signed with it.
  ///   - isUsed: Whether anything was signed with it; asked only when there is no key.
  /// - Throws: What `isUsed` throws, and a ``SecretFile/Failure``.
  package static func readOrCreate(
    _ path: String, of store: String, unless isUsed: () throws -> Bool
  ) throws -> SigningKey {
    if let key = try read(path) { return key }
    guard try isUsed() else { return try readOrCreate(path) }
    // Another process may have made both since the look above.
    if let key = try read(path) { return key }
    throw SecretFile.Failure.missing(path: path, store: store)
  }

  /// Makes the file unless it is there.
  ///
  /// - Returns: What the file holds: `key`, or what another caller wrote first.
  static func create(_ path: String, _ key: SigningKey) throws(SecretFile.Failure) -> SigningKey {
    let isFirst = key.lineSeed == key.rawBytes
    let bytes = isFirst ? key.rawBytes : key.rawBytes + key.lineSeed
    return try self.key(in: try SecretFile.create(path, bytes), path)
  }

  /// - Returns: `nil` when there is no file.
  static func read(_ path: String) throws(SecretFile.Failure) -> SigningKey? {
    guard let bytes = try SecretFile.read(path) else { return nil }
    let key = try key(in: bytes, path)
    try SecretFile.settle(path)
    return key
  }

  static func key(
    in bytes: [UInt8], _ path: String
  ) throws(SecretFile.Failure) -> SigningKey {
    guard [keyLength, 2 * keyLength].contains(bytes.count) else {
      throw .notWhole(path: path, bytes: bytes.count)
    }
    do {
      return try SigningKey(
        rawBytes: Array(bytes.prefix(keyLength)), lineSeed: Array(bytes.suffix(keyLength)))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }
}
