import CanteenModel
import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate of a canteen's authority: whom it speaks for, and for how long.
///
/// Reading one proves nothing; ``TrustAnchor/verified(_:)`` does.
package struct LinkCertificate: Hashable, Sendable {
  /// Of X.509, in DER.
  package let der: [UInt8]
  package let role: LinkRole
  /// In hexadecimal digits.
  package let serial: String
  /// Unix time in milliseconds, whole seconds.
  package let notBefore: Int64
  /// Unix time in milliseconds: the last moment at which it is valid.
  package let notAfter: Int64
  let certificate: Certificate

  /// - Throws: ``LinkSecurityError/malformed(_:)``, also for one that names nobody of ours.
  package init(der: [UInt8]) throws(LinkSecurityError) {
    do {
      certificate = try Certificate(derEncoded: der)
    } catch {
      throw .malformed("certificate: \(error)")
    }
    self.der = der
    role = try Self.role(of: certificate)
    serial = certificate.serialNumber.hexadecimal
    notBefore = certificate.notValidBefore.unixMilliseconds
    notAfter = certificate.notValidAfter.unixMilliseconds
  }

  /// - Parameter pem: What stands beside the first certificate is passed over.
  package init(pem: String) throws(LinkSecurityError) {
    try self.init(der: try PEMCertificate.first(in: pem))
  }

  package var pem: String { PEMCertificate.text(of: der) }

  /// When a new one is asked for: after two thirds of its life.
  package var renewalDue: Int64 { notBefore + (notAfter - notBefore) / 3 * 2 }

  /// Whether it has ended by a clock that may be wrong: a clock that was set back shows one that is not valid
  /// yet, which says nothing against it.
  package func hasExpired(at unixMilliseconds: Int64) -> Bool { unixMilliseconds > notAfter }

  private static func role(of certificate: Certificate) throws(LinkSecurityError) -> LinkRole {
    let names: SubjectAlternativeNames?
    do {
      names = try certificate.extensions.subjectAlternativeNames
    } catch {
      throw .malformed("certificate: subject alternative name: \(error)")
    }
    guard let names, names.count == 1, case .uniformResourceIdentifier(let uri)? = names.first,
      let role = LinkRole(uri: uri)
    else { throw .malformed("certificate: it names no canteen centre or terminal") }
    return role
  }
}

/// Certificates in PEM.
enum PEMCertificate {
  private static let label = "CERTIFICATE"

  static func text(of der: [UInt8]) -> String {
    PEMDocument(type: label, derBytes: der).pemString + "\n"
  }

  static func first(in pem: String) throws(LinkSecurityError) -> [UInt8] {
    do {
      let documents = try PEMDocument.parseMultiple(pemString: pem)
      guard let document = documents.first(where: { $0.discriminator == label }) else {
        throw LinkSecurityError.malformed("no certificate in PEM")
      }
      return document.derBytes
    } catch let error as LinkSecurityError {
      throw error
    } catch {
      throw .malformed("PEM: \(error)")
    }
  }
}

extension Certificate.SerialNumber {
  var hexadecimal: String { Hexadecimal.text(Array(bytes)) }
}

extension Date {
  init(unixMilliseconds: Int64) {
    self.init(timeIntervalSince1970: Double(unixMilliseconds) / 1000)
  }

  var unixMilliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}

extension LinkCertificate {
  /// Whether a key is the one that this was signed for.
  package func isOf(_ key: LinkKey) -> Bool {
    certificate.publicKey == Certificate.PublicKey(key.key.publicKey)
  }
}
