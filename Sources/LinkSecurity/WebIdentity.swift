import Crypto
import Foundation
import SwiftASN1
import X509

/// What a listener for browsers shows: a certificate that names hosts, which a link's never does, and its key.
package struct WebIdentity: Sendable {
  /// The certificate first, then those between it and an authority that browsers know. PEM.
  package let chainPEM: String
  /// PEM. Only for the listener.
  package let keyPEM: String
  /// When another one is asked for, Unix time in milliseconds; `nil`: by whoever brought it.
  package let renewalDue: Int64?

  /// What an administrator brought in two files.
  package init(chainPEM: String, keyPEM: String) {
    self.init(chainPEM: chainPEM, keyPEM: keyPEM, renewalDue: nil)
  }

  init(chainPEM: String, keyPEM: String, renewalDue: Int64?) {
    self.chainPEM = chainPEM
    self.keyPEM = keyPEM
    self.renewalDue = renewalDue
  }
}

extension CertificateAuthority {
  /// A key and a certificate for the office's listener, for as long as nobody brings one of a known authority.
  ///
  /// - Parameters:
  ///   - hosts: Names, and addresses of IPv4. One or more.
  ///   - now: Unix time in milliseconds.
  package func webIdentity(
    hosts: [String], now: Int64
  ) throws(LinkSecurityError) -> WebIdentity {
    let own = LinkKey()
    let names = hosts.map { host in
      Self.address(host).map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0)) }
        ?? .dnsName(host)
    }
    do {
      let certificate = try certificate(
        Certificate.PublicKey(own.key.publicKey), named: hosts.first ?? "canteen",
        SubjectAlternativeNames(names), now: now)
      return WebIdentity(
        chainPEM: PEMCertificate.text(of: certificate) + anchor.pem, keyPEM: own.pem,
        renewalDue: now + Self.certificateLife / 3 * 2)
    } catch let error as LinkSecurityError {
      throw error
    } catch {
      throw .malformed("certificate: \(error)")
    }
  }

  /// Four numbers with dots between.
  private static func address(_ host: String) -> ArraySlice<UInt8>? {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    return parts.count == 4 && bytes.count == 4 ? bytes[...] : nil
  }
}
