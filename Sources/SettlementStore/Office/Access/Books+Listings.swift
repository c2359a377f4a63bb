import Foundation
import SQLStore

/// What stands in a cell of a listing.
package enum OfficeCell: Hashable, Sendable, Codable {
  case number(Int64)
  case text(String)
  case nothing

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let number = try? container.decode(Int64.self) {  // otherwise it is a text
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .nothing: try container.encodeNil()
    }
  }
}

/// A page of a listing: the columns as the schema names them.
package struct OfficePage: Hashable, Sendable, Codable {
  package let rows: [[String: OfficeCell]]
  /// Where the next page begins; `nil`: this is the last.
  package let next: Int?
}

extension Books {
  /// The most rows of a page.
  package static let officePageLimit = 1_000

  /// A page of a listing.
  ///
  /// - Parameters:
  ///   - narrowing: To what, and its number; `nil`: all of it.
  ///   - start: How many rows are before it. 0 or more.
  ///   - limit: 1...``officePageLimit``.
  /// - Throws: ``StoreError/refused(_:)`` where the listing cannot be narrowed so.
  package func page(
    of listing: OfficeListing, narrowedTo narrowing: (OfficeListing.Narrowing, UInt32)? = nil,
    from start: Int = 0, limit: Int = officePageLimit
  ) async throws(StoreError) -> OfficePage {
    let query = listing.query
    var condition = ""
    var arguments: SQLArguments = []
    if let (kind, number) = narrowing {
      guard let column = query.narrowings[kind] else {
        throw .refused(["\(listing.rawValue) cannot be narrowed to a \(kind.rawValue)"])
      }
      condition = " WHERE \(column) = ?"
      arguments = [number]
    }
    let sql =
      "SELECT \(query.columns) FROM \(query.tables)\(condition) "
      + "ORDER BY \(query.order) LIMIT ? OFFSET ?"
    let all = arguments + [limit + 1, start]
    return try await read { db in
      let rows = try db.rows(sql, all)
      return OfficePage(
        rows: rows.prefix(limit).map(\.cells), next: rows.count > limit ? start + limit : nil)
    }
  }
}

extension Row {
  fileprivate var cells: [String: OfficeCell] {
    var cells: [String: OfficeCell] = [:]
    for (name, value) in zip(names, values) {
      cells[name] =
        switch value {
        case .null: .nothing
        case .integer(let number): .number(number)
        case .text(let text): .text(text)
        case .bytes(let bytes): .text(bytes.base64EncodedString())
        }
    }
    return cells
  }
}
