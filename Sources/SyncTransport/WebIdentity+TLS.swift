package import LinkSecurity
import NIOCore
package import NIOSSL

extension WebIdentity {
  /// TLS 1.3 for browsers and programs, showing the identity that there is when somebody calls. Who calls may show a
  /// certificate of the centre's own authority, or none.
  package static func listenerConfiguration(
    of anchor: TrustAnchor, _ identity: @escaping @Sendable () -> WebIdentity
  ) throws(LinkSecurityError) -> TLSConfiguration {
    let first = try identity().parts
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: first.chain, privateKey: first.key)
    configuration.minimumTLSVersion = .tlsv13
    configuration.certificateVerification = .optionalVerification
    do {
      configuration.trustRoots = .certificates([
        try NIOSSLCertificate(bytes: anchor.der, format: .der)
      ])
    } catch {
      throw .malformed("authority: \(error)")
    }
    configuration.shutdownTimeout = .milliseconds(50)
    configuration.sslContextCallback = { _, promise in
      promise.completeWith(
        Result {
          let now = try identity().parts
          var change = NIOSSLContextConfigurationOverride()
          change.certificateChain = now.chain
          change.privateKey = now.key
          return change
        })
    }
    return configuration
  }

  private typealias Parts = (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource)

  private var parts: Parts {
    get throws(LinkSecurityError) {
      do {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(chainPEM.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
        return (chain.map { .certificate($0) }, .privateKey(key))
      } catch {
        throw .malformed("the office's certificate or its key: \(error)")
      }
    }
  }
}
