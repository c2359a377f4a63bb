package import CanteenModel
import Foundation
import SQLStore
import SyncProtocol

/// How far a file has come that is sent in parts.
package struct UploadProgress: Hashable, Sendable, Codable {
  package let name: String
  /// The numbers that are here, ascending.
  package let parts: [Int]
  package let bytes: Int64
}

extension Books {
  /// The largest part, in bytes: 8 MiB.
  package static let uploadPartLimit = 8 * 1024 * 1024
  /// How many parts a file has at most: 1 GiB in all would not fit into a proposal, so 16.
  package static let uploadPartsLimit = 16
  /// How many files one person may have begun.
  private static let uploadsLimit = 4
  /// So long a file may be on the way, in milliseconds: 7 days.
  private static let uploadLife: Int64 = 7 * 86_400_000

  /// Keeps a part. The same part twice changes nothing; another one under its number takes its place.
  ///
  /// - Parameters:
  ///   - name: Small letters, digits, dots and hyphens; the person's own.
  ///   - number: 1...``uploadPartsLimit``.
  ///   - digest: The SHA-256 that the sender says: a part that was cut is refused.
  /// - Throws: ``StoreError/refused(_:)``.
  package func keepPart(
    _ number: Int, of name: String, by login: String, bytes: [UInt8], digest: Digest32
  ) async throws(StoreError) -> UploadProgress {
    guard (1...Self.uploadPartsLimit).contains(number), bytes.count <= Self.uploadPartLimit else {
      throw .refused([
        "a file has parts 1 to \(Self.uploadPartsLimit), of \(Self.uploadPartLimit) bytes at most"
      ])
    }
    guard Digest32(sha256: bytes) == digest else {
      throw .refused(["part \(number) is not what its digest says: send it again"])
    }
    return try await write { db in
      try Self.forgetOldUploads(before: self.now - Self.uploadLife, db)
      try db.execute(
        """
        INSERT INTO upload (login, name, begun_ms) VALUES (?, ?, ?)
        ON CONFLICT (login, name) DO NOTHING
        """, [login, name, self.now])
      let begun: Int64 =
        try db.value("SELECT COUNT(*) FROM upload WHERE login = ?", [login]) ?? 0
      guard begun <= Self.uploadsLimit else {
        throw StoreError.refused(["\(Self.uploadsLimit) files are on the way: finish one first"])
      }
      try db.execute(
        """
        INSERT INTO upload_part (login, name, number, digest, bytes) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (login, name, number) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes
        """, [login, name, number, digest.blob, Data(bytes)])
      return try Self.progress(of: name, by: login, db)
    }
  }

  /// How far a file has come; no parts for one that nobody sent.
  package func uploadProgress(
    of name: String, by login: String
  ) async throws(StoreError) -> UploadProgress {
    try await read { db in try Self.progress(of: name, by: login, db) }
  }

  /// The file, put together.
  ///
  /// - Parameter digest: The SHA-256 of the whole, as the sender says it.
  /// - Throws: ``StoreError/refused(_:)`` while a part is missing.
  package func upload(
    _ name: String, by login: String, digest: Digest32
  ) async throws(StoreError) -> [UInt8] {
    let file: [UInt8] = try await read { db in
      var file: [UInt8] = []
      for (index, row) in try db.rows(
        "SELECT number, bytes FROM upload_part WHERE login = ? AND name = ? ORDER BY number",
        [login, name]
      ).enumerated() {
        guard try row.integer("number") == index + 1 else {
          throw StoreError.refused(["part \(index + 1) of \(name) is missing: send it"])
        }
        file += (row["bytes"] as Data?) ?? Data()
      }
      return file
    }
    guard Digest32(sha256: file) == digest else {
      throw .refused([
        "\(name) is not what its digest says: ask which parts are here, and send the others"
      ])
    }
    return file
  }

  /// Forgets a file that was sent in parts.
  package func dropUpload(_ name: String, by login: String) async throws(StoreError) {
    try await write { db in
      try db.execute("DELETE FROM upload_part WHERE login = ? AND name = ?", [login, name])
      try db.execute("DELETE FROM upload WHERE login = ? AND name = ?", [login, name])
    }
  }

  private static func progress(
    of name: String, by login: String, _ db: any Database
  ) throws -> UploadProgress {
    let rows = try db.rows(
      """
      SELECT number, length(bytes) AS bytes FROM upload_part WHERE login = ? AND name = ?
      ORDER BY number
      """, [login, name])
    return UploadProgress(
      name: name, parts: try rows.map { try $0.integer("number") },
      bytes: try rows.reduce(0) { try $0 + $1.integer("bytes") })
  }

  private static func forgetOldUploads(before: Int64, _ db: any Database) throws {
    try db.execute(
      """
      DELETE FROM upload_part WHERE (login, name) IN
        (SELECT login, name FROM upload WHERE begun_ms < ?)
      """, [before])
    try db.execute("DELETE FROM upload WHERE begun_ms < ?", [before])
  }
}
