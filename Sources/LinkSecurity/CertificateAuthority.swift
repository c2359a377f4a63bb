import CanteenModel
import Crypto
import Foundation
import SwiftASN1
import X509

/// The centre's own small certificate authority: one root, which signs for the centre and its terminals.
package struct CertificateAuthority: Sendable {
  package let anchor: TrustAnchor
  private let key: LinkKey

  /// Half a working life of a canteen.
  private static let anchorLife: Int64 = 20 * 365 * 86_400_000
  /// A terminal renews after two thirds, so that a link may be down for a month before a person is needed.
  package static let certificateLife: Int64 = 90 * 86_400_000
  /// A clock that is a little slow must not refuse a certificate that was just made.
  private static let backdated: Int64 = 3_600_000

  /// A new authority.
  ///
  /// - Parameter now: Unix time in milliseconds.
  package init(now: Int64) throws(LinkSecurityError) {
    let key = LinkKey()
    self.key = key
    do {
      let name = try DistinguishedName { CommonName("canteen authority") }
      let certificate = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(),
        publicKey: Certificate.PublicKey(key.key.publicKey),
        notValidBefore: Date(unixMilliseconds: now - Self.backdated),
        notValidAfter: Date(unixMilliseconds: now + Self.anchorLife), issuer: name, subject: name,
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }, issuerPrivateKey: Certificate.PrivateKey(key.key))
      anchor = try TrustAnchor(der: try Self.encoded(certificate))
    } catch {
      throw .malformed("authority: \(error)")
    }
  }

  /// - Parameter pem: As ``pem`` gave it.
  package init(pem: String) throws(LinkSecurityError) {
    key = try LinkKey(pem: pem)
    anchor = try TrustAnchor(pem: pem)
    guard anchor.certificate.publicKey == Certificate.PublicKey(key.key.publicKey) else {
      throw .malformed("authority: the key and the certificate do not belong together")
    }
  }

  /// The key and the certificate. Only for the file that holds them.
  package var pem: String { key.pem + anchor.pem }

  /// Signs a certificate.
  ///
  /// - Parameters:
  ///   - request: As ``LinkKey/certificateRequest()`` made it. What it says of its sender is not looked at.
  ///   - now: Unix time in milliseconds.
  ///   - life: In milliseconds.
  /// - Throws: ``LinkSecurityError``.
  package func certificate(
    for role: LinkRole, request: [UInt8], now: Int64, life: Int64 = certificateLife
  ) throws(LinkSecurityError) -> LinkCertificate {
    let publicKey: Certificate.PublicKey
    do {
      // Reading it does not check its signature.
      let read = try CertificateSigningRequest(derEncoded: request)
      guard read.publicKey.isValidSignature(read.signature, for: read) else {
        throw LinkSecurityError.notGenuine("certificate request: its sender does not have the key")
      }
      guard P256.Signing.PublicKey(read.publicKey) != nil else {
        throw LinkSecurityError.malformed("certificate request: the key is not of P-256")
      }
      publicKey = read.publicKey
    } catch let error as LinkSecurityError {
      throw error
    } catch {
      throw .malformed("certificate request: \(error)")
    }
    return try signed(publicKey, role, now: now, life: life)
  }

  /// A key and a certificate for the centre itself.
  package func ownIdentity(now: Int64) throws(LinkSecurityError) -> LinkIdentity {
    let key = LinkKey()
    let certificate = try signed(
      Certificate.PublicKey(key.key.publicKey), .centre, now: now, life: Self.certificateLife)
    return LinkIdentity(key: key, certificate: certificate, anchor: anchor)
  }

  private func signed(
    _ publicKey: Certificate.PublicKey, _ role: LinkRole, now: Int64, life: Int64
  ) throws(LinkSecurityError) -> LinkCertificate {
    do {
      return try LinkCertificate(
        der: try certificate(
          publicKey, named: role.commonName,
          SubjectAlternativeNames([.uniformResourceIdentifier(role.uri)]), now: now, life: life))
    } catch {
      throw .malformed("certificate: \(error)")
    }
  }

  /// - Returns: In DER.
  func certificate(
    _ publicKey: Certificate.PublicKey, named name: String, _ names: SubjectAlternativeNames,
    now: Int64, life: Int64 = certificateLife
  ) throws -> [UInt8] {
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
      notValidBefore: Date(unixMilliseconds: now - Self.backdated),
      notValidAfter: Date(unixMilliseconds: now + life), issuer: anchor.certificate.subject,
      subject: try DistinguishedName { CommonName(name) }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth, .clientAuth])
        Critical(names)
      }, issuerPrivateKey: Certificate.PrivateKey(key.key))
    return try Self.encoded(certificate)
  }

  private static func encoded(_ certificate: Certificate) throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    return serializer.serializedBytes
  }
}
