import Foundation
import Glibc
import Synchronization

/// A server with a real socket that answers every request with the head of a good answer, and then
/// never ends its body.
final class StallingServer: Sendable {
  enum Manner: Sendable, CaseIterable {
    /// Not even a head.
    case silent
    /// A head, and no byte of the body.
    case stalls
    /// A head, and then a byte every 20 ms.
    case trickles
  }

  enum Place: Sendable {
    case loopback
    case unixSocket(String)
  }

  struct NoSocket: Error {
    let errno: Int32
  }

  /// For a server on loopback.
  let port: Int
  private let listener: Int32
  private let isStopped = Atomic(false)
  private static let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

  init(_ manner: Manner, at place: Place = .loopback) throws {
    switch place {
    case .loopback: (listener, port) = try Self.loopback()
    case .unixSocket(let path): (listener, port) = (try Self.unixSocket(path), 0)
    }
    guard listen(listener, 8) == 0 else { throw NoSocket(errno: errno) }
    let thread = Thread { self.serve(manner) }
    thread.start()
  }

  /// Ends every connection.
  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func serve(_ manner: Manner) {
    var connections: [Int32] = []
    while !isStopped.load(ordering: .sequentiallyConsistent) {
      var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 20) > 0 {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        connections.append(connection)
        var request = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &request, request.count, 0)
        if manner != .silent { Self.send(Self.head, to: connection) }
      }
      if manner == .trickles { for connection in connections { Self.send("x", to: connection) } }
    }
    for connection in connections { close(connection) }
    close(listener)
  }

  /// A client that has gone is what the tests want; sending to it fails without a signal.
  private static func send(_ text: String, to connection: Int32) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  private static func loopback() throws -> (Int32, Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) == 0 && getsockname(listener, generic, &length) == 0
      }
    }
    guard isBound else { throw NoSocket(errno: errno) }
    return (listener, Int(in_port_t(bigEndian: address.sin_port)))
  }

  /// - Parameter path: At most 107 bytes.
  private static func unixSocket(_ path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    guard isBound else { throw NoSocket(errno: errno) }
    return listener
  }
}
