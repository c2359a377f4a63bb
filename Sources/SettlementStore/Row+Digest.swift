import CanteenModel
import Foundation
import SQLStore

extension Digest32 {
  /// As the database stores it.
  var blob: Data { Data(bytes) }
}

extension Row {
  /// 32 bytes that the schema guarantees to be there.
  ///
  /// - Throws: ``StoreError/damaged(_:)``.
  func digest(_ column: String) throws -> Digest32 {
    guard let data = self[column] as Data?, let digest = Digest32(data) else {
      throw StoreError.damaged("\(column) has not 32 bytes")
    }
    return digest
  }

  /// An integer that the schema guarantees to be there, in the range of the type.
  ///
  /// - Throws: ``StoreError/damaged(_:)``.
  func integer<Integer: FixedWidthInteger>(_ column: String) throws -> Integer {
    guard let stored = self[column] as Int64?, let value = Integer(exactly: stored) else {
      throw StoreError.damaged("\(column) is out of its range")
    }
    return value
  }

  /// A text that the schema guarantees to be there.
  ///
  /// - Throws: ``StoreError/damaged(_:)``.
  func text(_ column: String) throws -> String {
    guard let value = self[column] as String? else {
      throw StoreError.damaged("\(column) is missing")
    }
    return value
  }
}
