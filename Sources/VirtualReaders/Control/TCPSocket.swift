import Glibc

/// Listens for TCP connections.
///
/// - Parameter port: 0 for one that is free.
/// - Returns: The descriptor, close-on-exec, and the port.
func listeningSocket(
  address: String, port: UInt16
) throws(VirtualReaderError) -> (descriptor: Int32, port: UInt16) {
  var socketAddress = sockaddr_in()
  socketAddress.sin_family = sa_family_t(AF_INET)
  socketAddress.sin_port = port.bigEndian
  guard unsafe inet_pton(AF_INET, address, &socketAddress.sin_addr) == 1 else {
    throw .systemCall("listen \(address)", reason: "it is not an address such as 127.0.0.1")
  }
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { throw .failed("socket") }
  var yes: Int32 = 1
  unsafe setsockopt(
    descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isListening = unsafe withUnsafeMutablePointer(to: &socketAddress) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
      unsafe bind(descriptor, generic, size) == 0 && listen(descriptor, 16) == 0
        && getsockname(descriptor, generic, &size) == 0
    }
  }
  guard isListening else {
    let failure = VirtualReaderError.failed("listen \(address):\(port)")
    close(descriptor)
    throw failure
  }
  return (descriptor, UInt16(bigEndian: socketAddress.sin_port))
}

/// The next client, close-on-exec and without Nagle's delay; `nil` when nobody listens any more.
func acceptClient(of listener: Int32) -> Int32? {
  while true {
    let client = accept(listener, nil, nil)
    if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    unsafe setsockopt(
      client, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return client
  }
}

/// - Returns: So many bytes; `nil` when the other side hung up before.
func receive(_ count: Int, from descriptor: Int32) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: count)
  var filled = 0
  while filled < count {
    let more = unsafe bytes.withUnsafeMutableBytes { room in
      unsafe recv(descriptor, room.baseAddress?.advanced(by: filled), count - filled, 0)
    }
    if more < 0, errno == EINTR { continue }
    guard more > 0 else { return nil }
    filled += more
  }
  return bytes
}

/// - Returns: Whether all of it went out.
package func sendAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = unsafe rest.withUnsafeBytes { bytes in
      // Without SIGPIPE: the other side may have gone.
      unsafe send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return false }
    rest = rest.dropFirst(count)
  }
  return true
}
