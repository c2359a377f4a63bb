import Foundation
import Synchronization

/// A network cable between the terminal and the centre: a relay on loopback that can be pulled.
///
/// While it is pulled, connections are closed and new ones are closed at once, as by a dead switch
/// that resets: the terminal sees a fault immediately and tries again by its own rules.
final class Cable: Sendable {
  /// Where the terminal connects to.
  let port: Int
  private let target: Int
  private let listener: Int32
  private let state = Mutex(State())

  private struct State {
    var isPulled = false
    var sockets: Set<Int32> = []
  }

  /// - Parameter target: The port of the centre on 127.0.0.1.
  init(to target: Int) throws(LaboratoryError) {
    self.target = target
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw .program("no socket for the cable: errno \(errno)") }
    var address = Self.loopback(port: 0)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return bind(listener, generic, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    guard isListening else { throw .program("the cable cannot listen: errno \(errno)") }
    self.listener = listener
    port = Int(in_port_t(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in acceptConnections() }
  }

  /// Pulls the cable out.
  func pull() {
    let open = state.withLock { state in
      state.isPulled = true
      return state.sockets
    }
    for socket in open { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  /// Puts the cable back.
  func plugBack() {
    state.withLock { $0.isPulled = false }
  }

  private func acceptConnections() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { continue }
      guard !state.withLock({ $0.isPulled }), let centre = connectToCentre() else {
        close(client)
        continue
      }
      state.withLock { $0.sockets.formUnion([client, centre]) }
      Thread.detachNewThread { [self] in carry(from: client, to: centre) }
      Thread.detachNewThread { [self] in carry(from: centre, to: client) }
    }
  }

  private func connectToCentre() -> Int32? {
    let centre = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: target)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        connect(centre, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(centre)
      return nil
    }
    return centre
  }

  /// Copies bytes in one direction until either side ends. The direction that ends last closes both
  /// sockets.
  private func carry(from source: Int32, to sink: Int32) {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0, write(sink, buffer, count) == count else { break }
    }
    shutdown(source, Int32(SHUT_RDWR))
    shutdown(sink, Int32(SHUT_RDWR))
    let isLast = state.withLock { state in
      state.sockets.remove(source)
      return !state.sockets.contains(sink)
    }
    if isLast {
      close(source)
      close(sink)
    }
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}
