package import HTTPListener
package import LinkSecurity
package import NIOSSL

extension ListenerContext {
  /// The certificate of the other end, which ``TrustAnchor/knows(_:)`` let in. `nil` where it showed none.
  package var linkCertificate: LinkCertificate? {
    get async throws {
      try await peerCertificate.map { der throws(LinkSecurityError) in
        try LinkCertificate(der: der)
      }
    }
  }
}

extension TrustAnchor {
  /// Whether a certificate that was shown in a handshake is of this authority, expired or not.
  package func knows(_ shown: NIOSSLCertificate) async -> Bool {
    do {
      _ = try await verified(try shown.toDERBytes())
      return true
    } catch {
      return false
    }
  }
}
