import Foundation

/// What became of a unit's subsidy of a closed year, tranche by tranche and person by person, with everything that somebody
/// needs besides the terminals' batches to reckon it again (S13, C1, C14). Amounts are in fen, times in Unix
/// milliseconds, keys, heads and ids in hexadecimal digits.
///
/// Its bytes are canonical: JSON with sorted keys and integers only. The same books give the same bytes on every store.
package struct CertificateDocument: Hashable, Sendable, Codable {
  /// 1.
  package var format = Self.format
  package var year: Int
  package var unit: UInt32
  package var unitName: String
  /// By number: the first one closed the year, later ones booked what came in behind it.
  package var runs: [Run]
  /// By number.
  package var tranches: [Tranche]
  /// Every terminal that has handed anything in, by number: who left one out would leave out what was spent there.
  package var terminals: [Terminal]
  /// Records that name one of the tranches and moved nothing of it: the sale is held in suspense, or the correction did
  /// not fit its sale. By terminal and id.
  package var disregarded: [StatementDocument.Disregarded]
  /// What all runs took together.
  package var fen: Int64

  package static let format = 1

  package init(
    year: Int, unit: UInt32, unitName: String, runs: [Run], tranches: [Tranche],
    terminals: [Terminal], disregarded: [StatementDocument.Disregarded], fen: Int64
  ) {
    self.year = year
    self.unit = unit
    self.unitName = unitName
    self.runs = runs
    self.tranches = tranches
    self.terminals = terminals
    self.disregarded = disregarded
    self.fen = fen
  }

  /// A run over the year, and who stands for it.
  package struct Run: Hashable, Sendable, Codable {
    package var number: Int
    /// `unit`, `treasury` or `treasuryClaimable`.
    package var destination: String
    package var policyVersion: Int64
    package var bookedMilliseconds: Int64
    package var proposedBy: String
    package var approvedBy: String
    /// What it took of this unit's tranches; less than zero: it gave back to pay for late sales.
    package var fen: Int64

    package init(
      number: Int, destination: String, policyVersion: Int64, bookedMilliseconds: Int64,
      proposedBy: String, approvedBy: String, fen: Int64
    ) {
      self.number = number
      self.destination = destination
      self.policyVersion = policyVersion
      self.bookedMilliseconds = bookedMilliseconds
      self.proposedBy = proposedBy
      self.approvedBy = approvedBy
      self.fen = fen
    }
  }

  /// What a run took.
  package struct Take: Hashable, Sendable, Codable {
    package var run: Int
    package var fen: Int64

    package init(run: Int, fen: Int64) {
      self.run = run
      self.fen = fen
    }
  }

  /// The unit's money of one quarter under one appropriation.
  package struct Tranche: Hashable, Sendable, Codable {
    package var number: Int64
    /// In the form of `2026Q4`.
    package var quarter: String
    package var appropriation: String
    /// What the bank says that the unit paid for it.
    package var received: Int64
    /// What of it was given to nobody, run by run, and what still lies there: less than zero is an advance that the unit
    /// has not paid.
    package var ungiven: [Take]
    package var remains: Int64
    /// By account.
    package var people: [Person]
    /// The sums of ``people``; what people owe stands by itself, and is no part of what was spent or is left.
    package var given: Int64
    package var spent: Int64
    package var moved: Int64
    package var taken: Int64
    package var left: Int64
    package var debt: Int64

    package init(
      number: Int64, quarter: String, appropriation: String, received: Int64, ungiven: [Take],
      remains: Int64, people: [Person], given: Int64, spent: Int64, moved: Int64, taken: Int64,
      left: Int64, debt: Int64
    ) {
      self.number = number
      self.quarter = quarter
      self.appropriation = appropriation
      self.received = received
      self.ungiven = ungiven
      self.remains = remains
      self.people = people
      self.given = given
      self.spent = spent
      self.moved = moved
      self.taken = taken
      self.left = left
      self.debt = debt
    }
  }

  /// A person's part of a tranche.
  package struct Person: Hashable, Sendable, Codable {
    package var account: Int64
    /// By rosters.
    package var given: Int64
    /// At tills, less what went back.
    package var spent: Int64
    /// What people booked otherwise: what paid an older debt, what paid this one, what came out of suspense.
    package var moved: Int64
    package var taken: [Take]
    /// Given and moved, less spent and taken; less than zero: the person owes it.
    package var left: Int64

    package init(
      account: Int64, given: Int64, spent: Int64, moved: Int64, taken: [Take], left: Int64
    ) {
      self.account = account
      self.given = given
      self.spent = spent
      self.moved = moved
      self.taken = taken
      self.left = left
    }
  }

  /// Up to where a terminal's records are counted.
  package struct Terminal: Hashable, Sendable, Codable {
    package var number: UInt32
    package var keys: [String]
    /// The ends of its branches, by epoch, place and head.
    package var heads: [StatementDocument.Head]

    package init(number: UInt32, keys: [String], heads: [StatementDocument.Head]) {
      self.number = number
      self.keys = keys
      self.heads = heads
    }
  }
}

/// Certificates to bytes and back. What is signed is the canonical JSON; the file is the contract's `Signed` message.
package enum CertificateCodec {
  /// No certificate is longer: 64 MiB.
  static let bytesLimit = 64 * 1024 * 1024

  /// The canonical bytes of a certificate.
  ///
  /// - Throws: ``WireError/malformed(_:)``, ``WireError/tooLarge(_:)``.
  package static func encode(_ document: CertificateDocument) throws(WireError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes: Data
    do {
      bytes = try encoder.encode(document)
    } catch {
      throw .malformed("certificate: \(error)")
    }
    guard bytes.count <= bytesLimit else { throw .tooLarge("certificate") }
    return Array(bytes)
  }

  /// - Throws: ``WireError/malformed(_:)``, also for bytes that are not canonical;
  ///   ``WireError/unsupported(_:)`` for another format.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> CertificateDocument {
    let document: CertificateDocument
    do {
      document = try JSONDecoder().decode(CertificateDocument.self, from: Data(bytes))
    } catch {
      throw .malformed("certificate: \(error)")
    }
    guard document.format == CertificateDocument.format else {
      throw .unsupported("certificate.format \(document.format)")
    }
    guard try encode(document) == bytes else { throw .malformed("certificate: not canonical") }
    return document
  }

  /// The canonical bytes with the centre's signature.
  package static func sign(_ bytes: [UInt8], key: SigningKey) throws(WireError) -> [UInt8] {
    try key.signedMessage(bytes, as: .certificate)
  }

  /// Verifies the signature of what ``sign(_:key:)`` made, and reads it.
  ///
  /// - Throws: ``WireError/badSignature``, also for a statement; as ``decode(_:)``.
  package static func open(
    _ file: [UInt8], key: VerifyingKey
  ) throws(WireError) -> CertificateDocument {
    let signed: Canteen_V1_Signed = try parsed(file, limit: bytesLimit + 1024, "certificate")
    return try decode(try key.open(signed, as: .certificate))
  }
}
