import CanteenModel
import Foundation
import GRDB

extension Digest32 {
  /// As the database stores it.
  var blob: Data { Data(bytes) }
}

extension Row {
  /// A head that the schema guarantees to be there.
  ///
  /// - Throws: ``JournalError/damaged(_:)``.
  func head(_ column: String) throws -> Digest32 {
    guard let head = try optionalHead(column) else {
      throw JournalError.damaged("\(column) is empty")
    }
    return head
  }

  func optionalHead(_ column: String) throws -> Digest32? {
    guard let data = self[column] as Data? else { return nil }
    guard let head = Digest32(data) else {
      throw JournalError.damaged("\(column) has not 32 bytes")
    }
    return head
  }
}
