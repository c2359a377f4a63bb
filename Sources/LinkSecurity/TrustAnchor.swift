package import CanteenModel
import Foundation
import SwiftASN1
import SyncProtocol
@_spi(DisableValidityCheck) import X509

/// The certificate of a canteen's authority, by which both ends of a link know each other.
package struct TrustAnchor: Hashable, Sendable {
  /// In DER.
  package let der: [UInt8]
  /// SHA-256 of ``der``: what a join token carries.
  package let fingerprint: Digest32
  let certificate: Certificate

  /// - Throws: ``LinkSecurityError/malformed(_:)``.
  package init(der: [UInt8]) throws(LinkSecurityError) {
    do {
      certificate = try Certificate(derEncoded: der)
    } catch {
      throw .malformed("authority: \(error)")
    }
    self.der = der
    fingerprint = Digest32(sha256: der)
  }

  /// - Parameter pem: What stands beside the first certificate is passed over.
  package init(pem: String) throws(LinkSecurityError) {
    try self.init(der: try PEMCertificate.first(in: pem))
  }

  package var pem: String { PEMCertificate.text(of: der) }

  /// Reads a certificate that this authority signed, whenever it is or was valid: who asks knows a time, and
  /// how far it may be believed (``LinkCertificate/hasExpired(at:)``).
  ///
  /// - Throws: ``LinkSecurityError``.
  package func verified(_ der: [UInt8]) async throws(LinkSecurityError) -> LinkCertificate {
    let certificate = try LinkCertificate(der: der)
    var verifier = Verifier(rootCertificates: CertificateStore([self.certificate])) {
      RFC5280Policy.withValidityCheckDisabled()
      NamePolicy()
    }
    switch await verifier.validate(
      leaf: certificate.certificate, intermediates: CertificateStore())
    {
    case .validCertificate(let chain):
      // The authority's own certificate speaks for nobody.
      guard chain.count == 2 else { throw .notGenuine("certificate of the authority itself") }
      return certificate
    case .couldNotValidate:
      throw .notGenuine("certificate \(certificate.serial) is not of this authority")
    }
  }
}

/// Understands the name in a certificate, which is critical: ``LinkCertificate`` has read it.
private struct NamePolicy: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
    .X509ExtensionID.subjectAlternativeName
  ]

  mutating func chainMeetsPolicyRequirements(
    chain: UnverifiedCertificateChain
  ) async -> PolicyEvaluationResult {
    .meetsPolicy
  }
}
