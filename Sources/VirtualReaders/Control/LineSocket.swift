import Glibc

/// A connected Unix stream socket that carries lines. One owner, who must ``close()`` it.
package struct LineSocket: ~Copyable {
  private let descriptor: Int32
  private var unread: [UInt8] = []
  /// A line is at most this long; a longer one ends the connection. A log of 20,000 entries fits.
  private static let longestLine = 8 << 20

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Connects to a Unix socket.
  package init(connectingTo path: String) throws(VirtualReaderError) {
    descriptor = try connectedSocket(path)
  }

  /// Ends the connection.
  package consuming func close() {
    Glibc.close(descriptor)
  }

  /// - Returns: A line without its end, or `nil` at the end of the connection.
  package mutating func readLine() -> [UInt8]? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(unread[..<end])
        unread.removeSubrange(...end)
        return line
      }
      guard unread.count < Self.longestLine else { return nil }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      unread += chunk.prefix(count)
    }
  }

  /// - Returns: Whether all of it went out.
  package func write(line: [UInt8]) -> Bool {
    sendAll(line + [UInt8(ascii: "\n")], to: descriptor)
  }
}

/// Makes a Unix stream socket and connects or binds it to a path.
///
/// - Returns: The descriptor, close-on-exec.
func withSocket(
  at path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws(VirtualReaderError) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8) + [0]
  let room = MemoryLayout.size(ofValue: address.sun_path)
  guard bytes.count <= room else {
    throw .systemCall("socket \(path)", reason: "the path is longer than \(room - 1) bytes")
  }
  unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
  let descriptor = socket(
    AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw .failed("socket") }
  let code = unsafe withUnsafePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      unsafe call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard code == 0 else {
    let failure = VirtualReaderError.failed(path)
    close(descriptor)
    throw failure
  }
  return descriptor
}

/// Connects to a Unix socket.
///
/// - Returns: The descriptor, close-on-exec.
package func connectedSocket(_ path: String) throws(VirtualReaderError) -> Int32 {
  unsafe try withSocket(at: path) { unsafe connect($0, $1, $2) }
}
