import CanteenModel
import Foundation
import GRDB

extension Digest32 {
  /// As the database stores it.
  var blob: Data { Data(bytes) }
}

/// GRDB's subscripts stop the process at a value that is not of the asked type; what a damaged file
/// holds is no bug of ours.
extension Row {
  /// A column that the schema promises.
  ///
  /// - Throws: ``JournalError/damaged(_:)``.
  func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(
    _ index: Int
  ) throws -> Value {
    do {
      return try decode(Value.self, atIndex: index)
    } catch {
      throw JournalError.damaged("column \(index) of a row holds what it cannot hold")
    }
  }

  /// As ``value(_:)``, by the name of the column.
  func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(
    _ column: String
  ) throws -> Value {
    do {
      return try decode(Value.self, forColumn: column)
    } catch {
      throw JournalError.damaged("\(column) holds what it cannot hold")
    }
  }

  /// The bytes of a column that may be empty.
  func bytes(_ column: String) throws -> Data? {
    do {
      return try decode(Data?.self, forColumn: column)
    } catch {
      throw JournalError.damaged("\(column) holds what it cannot hold")
    }
  }

  /// The place that an epoch and a sequence beside it name.
  func position(from index: Int = 0) throws -> JournalPosition {
    JournalPosition(
      epoch: Epoch(try value(index)), sequence: SequenceNumber(try value(index + 1)))
  }

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
    guard let data = try bytes(column) else { return nil }
    guard let head = Digest32(data) else {
      throw JournalError.damaged("\(column) has not 32 bytes")
    }
    return head
  }
}
