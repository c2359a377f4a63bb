import CanteenModel
import Foundation
import LinkSecurity
import SQLStore
import SettlementStore
import SyncProtocol
import SyncTransport

/// What benchmarks of the centre's own program need beside it.
enum BenchCentre {
  /// The books, while the program does not run.
  static func books(of site: CentreSite) throws -> Books {
    try Books(
      Books.Configuration(
        store: .file(path: site.booksPath), key: try SigningKeyFile.readOrCreate(site.keyPath),
        now: { Int64(Date().timeIntervalSince1970 * 1000) }))
  }

  /// How terminals speak to it: over TLS, each with a certificate of its own.
  static func clients(
    of terminals: [TerminalID], at site: CentreSite, now: Int64
  ) throws -> [CentreClient] {
    let authority = try CertificateAuthority(
      pem: String(contentsOfFile: site.authorityPath, encoding: .utf8))
    return try terminals.map { terminal in
      let key = LinkKey()
      let certificate = try authority.certificate(
        for: .terminal(terminal), request: try key.certificateRequest(), now: now)
      let identity = LinkIdentity(key: key, certificate: certificate, anchor: authority.anchor)
      return CentreClient(
        try LinkAddress("127.0.0.1:\(site.port)"),
        caller: try LinkCaller(
          identity, to: LinkCaller.Peer(.centre, of: authority.anchor, now: { now })),
        timeout: .seconds(60))
    }
  }

  /// The most that a process had in memory, in MiB. Source: proc(5), VmHWM.
  static func mostMemory(of pid: pid_t) -> Double {
    // try?: a program that has ended has no memory.
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return (line.flatMap { Double($0.filter(\.isNumber)) } ?? 0) / 1024
  }
}
