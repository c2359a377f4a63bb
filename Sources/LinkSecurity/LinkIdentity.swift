/// What one end of a link shows, and whom it believes.
package struct LinkIdentity: Sendable {
  package let key: LinkKey
  package let certificate: LinkCertificate
  package let anchor: TrustAnchor

  package init(key: LinkKey, certificate: LinkCertificate, anchor: TrustAnchor) {
    self.key = key
    self.certificate = certificate
    self.anchor = anchor
  }

  /// - Parameter pem: As ``pem`` gave it.
  /// - Throws: ``LinkSecurityError/malformed(_:)``, also for a key that is not the certificate's.
  package init(pem: String, anchor: TrustAnchor) throws(LinkSecurityError) {
    key = try LinkKey(pem: pem)
    certificate = try LinkCertificate(pem: pem)
    self.anchor = anchor
    guard certificate.isOf(key) else {
      throw .malformed("the key and the certificate do not belong together")
    }
  }

  /// The key and the certificate, which are replaced together. Only for the file that holds them.
  package var pem: String { key.pem + certificate.pem }
}
