import ArgumentParser
import CanteenModel
import Foundation
import StatementVerification
import SyncProtocol

/// Reckons a statement again. It opens no books and asks nobody.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Reckon a statement or a certificate again, to the fen, from files and the centre's public key alone.",
    discussion: """
      The batches are those of the statement's terminals from their first record on, and for a year-end certificate those \
      of all terminals: canteen-settlement batches export, or what canteenctl journal export wrote at the terminals. \
      Exit code 1 names the first difference.
      Example: canteen-settlement verify canteen-3-2026Q4.statement terminal-*.batches --key HEX
      """)

  @Argument(help: "The signed statement or certificate.", completion: .file()) var statement: String
  @Argument(
    help: "Files of batches; none for terminals that handed in nothing.", completion: .file())
  var batches: [String] = []
  @Option(help: "The centre's public key, as canteen-settlement key prints it.") var key: String

  func run() throws {
    guard let bytes = Hexadecimal.bytes(key) else {
      throw ValidationError("--key has 64 hexadecimal digits")
    }
    let centre = try VerifyingKey(rawBytes: bytes)
    var all: [[UInt8]] = []
    for path in batches { all += try BatchFile.batches(in: try read(path)) }
    let file = try read(statement)
    do throws(VerificationFailure) {
      if Self.isCertificate(file, of: centre) {
        show(try CertificateVerifier.verify(file, batches: all, key: centre))
      } else {
        show(try StatementVerifier.examine(file, batches: all, key: centre))
      }
    } catch {
      print("NOT as the batches say: \(error)")
      throw ExitCode.failure
    }
  }

  /// Whether the centre signed it as one: a signature is over one kind of document.
  private static func isCertificate(_ file: [UInt8], of centre: VerifyingKey) -> Bool {
    do throws(WireError) {
      _ = try CertificateCodec.open(file, key: centre)
      return true
    } catch {
      return false
    }
  }

  private func show(_ certificate: CertificateDocument) {
    print(
      "\(certificate.year) of unit \(certificate.unit), \(certificate.unitName): every figure is right"
    )
    for tranche in certificate.tranches {
      print(
        "tranche \(tranche.number) of \(tranche.quarter): paid \(Fen(tranche.received)), given \(Fen(tranche.given)), "
          + "spent \(Fen(tranche.spent)), taken \(Fen(tranche.taken)), left \(Fen(tranche.left)), owed "
          + "\(Fen(tranche.debt))")
    }
    print("taken of the unit's tranches together: \(Fen(certificate.fen))")
  }

  private func show(_ statement: VerifiedStatement) {
    let document = statement.document
    print(
      "\(document.quarter) of canteen \(document.canteen), \(document.canteenName): every figure is right"
    )
    for account in document.accounts {
      print(
        "caterer \(account.caterer) from \(CivilDate(day: account.term)): consumed "
          + "\(Fen(account.consumption)), withheld \(Fen(account.deduction)), fee \(Fen(account.fee)), "
          + "payable \(Fen(account.payable))")
    }
    for unseen in statement.unseen {
      print(
        "terminal \(unseen.terminal) had record \(unseen.position.epoch)/\(unseen.position.sequence), which terminal "
          + "\(unseen.witness) saw and this statement does not count: late, or lost?")
    }
  }

  private func read(_ path: String) throws -> [UInt8] {
    guard let file = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) cannot be read: is the path right, and may you read it?")
    }
    return Array(file)
  }
}
