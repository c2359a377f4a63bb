import Crypto
import SwiftASN1
import X509

/// The private key behind a certificate: ECDSA over P-256, which every TLS library speaks. It signs
/// handshakes and nothing of the journal.
package struct LinkKey: Sendable {
  let key: P256.Signing.PrivateKey

  /// A new key from the system's random number generator.
  package init() {
    key = P256.Signing.PrivateKey()
  }

  /// - Parameter pem: A PKCS #8 or SEC 1 key in PEM; what stands beside it is passed over.
  /// - Throws: ``LinkSecurityError/malformed(_:)``.
  package init(pem: String) throws(LinkSecurityError) {
    do {
      let documents = try PEMDocument.parseMultiple(pemString: pem)
      guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") })
      else { throw LinkSecurityError.malformed("no private key in PEM") }
      key = try P256.Signing.PrivateKey(derRepresentation: document.derBytes)
    } catch let error as LinkSecurityError {
      throw error
    } catch {
      throw .malformed("private key: \(error)")
    }
  }

  /// PKCS #8 in PEM. Only for the file that holds the key.
  package var pem: String { key.pemRepresentation + "\n" }

  /// A request for a certificate (PKCS #10, RFC 2986) in DER: it proves that its sender has this key. It names
  /// nobody: whom the certificate speaks for is said by who signs it.
  package func certificateRequest() throws(LinkSecurityError) -> [UInt8] {
    do {
      let request = try CertificateSigningRequest(
        version: .v1, subject: try DistinguishedName { CommonName("canteen") },
        privateKey: Certificate.PrivateKey(key), attributes: .init())
      var serializer = DER.Serializer()
      try serializer.serialize(request)
      return serializer.serializedBytes
    } catch {
      throw .malformed("certificate request: \(error)")
    }
  }
}

/// Why a key, a certificate or a token is of no use.
package enum LinkSecurityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The bytes are not what they should be.
  case malformed(String)
  /// Not signed by this authority, or not for this use.
  case notGenuine(String)

  package var description: String {
    switch self {
    case .malformed(let what): "malformed: \(what)"
    case .notGenuine(let what): "not genuine: \(what)"
    }
  }
}
