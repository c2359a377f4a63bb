package import LinkSecurity
import NIOCore
package import NIOSSL

extension LinkIdentity {
  /// So long the other side has to say goodbye: meanwhile what it still sends is read and thrown away. HTTP
  /// says itself where a message ends, so nothing is lost with a goodbye that does not come.
  private static let shutdownTimeout = TimeAmount.milliseconds(50)

  /// TLS 1.3 for whoever calls, showing this identity.
  ///
  /// The library must not judge the other side: it knows the wall clock only, and addresses. ``LinkCaller``
  /// judges before anything is said.
  static func callerConfiguration(
    _ identity: LinkIdentity?
  ) throws(LinkSecurityError) -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.certificateVerification = .none
    configuration.trustRoots = .certificates([])
    configuration.shutdownTimeout = shutdownTimeout
    if let identity {
      configuration.certificateChain = [.certificate(try identity.tlsCertificate())]
      configuration.privateKey = .privateKey(try identity.tlsKey())
    }
    return configuration
  }

  /// TLS 1.3 for whoever listens, showing the identity that there is when somebody calls.
  ///
  /// - Parameter mayBeNobody: Whether a caller may show no certificate.
  package static func listenerConfiguration(
    mayBeNobody: Bool, identity: @escaping @Sendable () -> LinkIdentity
  ) throws(LinkSecurityError) -> TLSConfiguration {
    let first = identity()
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try first.tlsCertificate())],
      privateKey: .privateKey(try first.tlsKey()))
    configuration.minimumTLSVersion = .tlsv13
    // Neither checks names; both ask the judge about a certificate that is shown.
    configuration.certificateVerification =
      mayBeNobody ? .optionalVerification : .noHostnameVerification
    // Not the system's: nobody else's authority counts, and a small machine has none.
    configuration.trustRoots = .certificates([try Self.tlsCertificate(first.anchor.der)])
    configuration.shutdownTimeout = shutdownTimeout
    configuration.sslContextCallback = { _, promise in
      promise.completeWith(
        Result {
          let identity = identity()
          var change = NIOSSLContextConfigurationOverride()
          change.certificateChain = [.certificate(try identity.tlsCertificate())]
          change.privateKey = .privateKey(try identity.tlsKey())
          return change
        })
    }
    return configuration
  }

  private func tlsCertificate() throws(LinkSecurityError) -> NIOSSLCertificate {
    try Self.tlsCertificate(certificate.der)
  }

  private static func tlsCertificate(
    _ der: [UInt8]
  ) throws(LinkSecurityError) -> NIOSSLCertificate {
    do {
      return try NIOSSLCertificate(bytes: der, format: .der)
    } catch {
      throw .malformed("certificate: \(error)")
    }
  }

  private func tlsKey() throws(LinkSecurityError) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(bytes: Array(key.pem.utf8), format: .pem)
    } catch {
      throw .malformed("private key: \(error)")
    }
  }
}
