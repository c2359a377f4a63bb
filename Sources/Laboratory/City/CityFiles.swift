import CanteenModel
import Foundation
import SettlementCore
import SettlementStore
import SyncProtocol

/// What leaves the house of a city's books: signed statements, the terminals' batches, the centre's public key. Whoever
/// checks the year has these files and nothing else.
struct CityFiles: Sendable {
  let folder: URL

  /// - Parameter folder: It is emptied.
  init(folder: URL) throws {
    self.folder = folder
    let files = FileManager.default
    if files.fileExists(atPath: folder.path) { try files.removeItem(at: folder) }
    for name in ["statements", "batches", "certificates"] {
      try files.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
  }

  func keep(_ statement: [UInt8], _ quarter: Quarter, _ canteen: UInt32) throws {
    try Data(statement).write(
      to: folder.appending(path: "statements/\(quarter)-\(canteen).statement"))
  }

  func keep(_ key: VerifyingKey) throws {
    try Data(Hexadecimal.text(key.rawBytes).utf8).write(to: folder.appending(path: "centre.key"))
  }

  /// A unit's certificate for each run of the year's end.
  func keep(_ report: YearEndReport) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    for unit in report.units {
      try encoder.encode(unit).write(
        to: folder.appending(
          path: "certificates/\(report.year)-\(report.run)-unit-\(unit.unit).json"))
    }
  }

  /// A unit's signed certificate.
  func keep(certificate: [UInt8], of unit: UnitID) throws {
    try Data(certificate).write(to: certificateFile(of: unit))
  }

  func certificate(of unit: UnitID) throws -> [UInt8] {
    Array(try Data(contentsOf: certificateFile(of: unit)))
  }

  private func certificateFile(of unit: UnitID) -> URL {
    folder.appending(path: "certificates/unit-\(unit.number).certificate")
  }

  /// Exports every batch of every terminal, page by page.
  func keepBatches(of terminals: [TerminalID], _ books: Books) async throws {
    for terminal in terminals {
      let path = batches(of: terminal).path
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw LaboratoryError.broken("\(path) cannot be written")
      }
      let file = try FileHandle(forWritingTo: batches(of: terminal))
      var page = try await books.exportBatches(of: terminal)
      while !page.file.isEmpty {
        try file.write(contentsOf: page.file)
        page = try await books.exportBatches(of: terminal, after: page.last)
      }
      try file.close()
    }
  }

  func batches(of terminal: TerminalID) -> URL {
    folder.appending(path: "batches/terminal-\(terminal).batches")
  }

  /// The names of all statements, in order.
  func statements() throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: "statements").path
    ).sorted()
  }

  func statement(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: "statements/\(name)")))
  }

  func batches(_ terminal: UInt32) throws -> [[UInt8]] {
    let file = try Data(contentsOf: batches(of: TerminalID(terminal)))
    return try BatchFile.batches(in: Array(file))
  }

  func centreKey() throws -> VerifyingKey {
    let text = try String(contentsOf: folder.appending(path: "centre.key"), encoding: .utf8)
    guard let bytes = Hexadecimal.bytes(text) else {
      throw LaboratoryError.broken("centre.key is no key")
    }
    return try VerifyingKey(rawBytes: bytes)
  }

  /// One digest of all statements: of their names and documents, without the signatures.
  func digest() throws -> Digest32 {
    let key = try centreKey()
    var preimage: [UInt8] = []
    for name in try statements() {
      let document = try StatementCodec.encode(
        try StatementCodec.open(try statement(name), key: key))
      preimage += Array(name.utf8) + StatementCodec.digest(of: document).bytes
    }
    return Digest32(sha256: preimage)
  }
}
