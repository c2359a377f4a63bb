import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// Lets other processes of this user act on a virtual bus, over a Unix socket.
package final class BusControl: Sendable {
  private let bus: any ControlledBus
  private let path: String
  private let listener: Int32
  private let isOpen = Atomic(true)
  /// Each connection occupies a thread; a laboratory has a few.
  private let connections = DispatchQueue(label: "canteen.bus-control", attributes: .concurrent)

  /// Where the socket is unless it is said otherwise: the user's runtime directory, or `/tmp`.
  package static var defaultPath: String {
    if let directory = unsafe getenv("XDG_RUNTIME_DIR") {
      return unsafe String(cString: directory) + "/canteen-lab.sock"
    }
    return "/tmp/canteen-lab-\(getuid()).sock"
  }

  /// Listens at a path; a socket that nobody answers on is replaced.
  ///
  /// - Throws: ``VirtualReaderError/systemCall(_:reason:)``, also when another bus is listening
  ///   there.
  package static func start(
    bus: any ControlledBus, path: String = defaultPath
  ) throws(VirtualReaderError) -> BusControl {
    // try?: that nobody answers is what we hope for.
    if let other = unsafe try? withSocket(at: path, { unsafe connect($0, $1, $2) }) {
      Glibc.close(other)
      throw .systemCall("bind \(path)", reason: "another virtual bus is listening there")
    }
    unsafe unlink(path)
    let earlier = umask(0o077)
    defer { umask(earlier) }
    let listener = unsafe try withSocket(at: path) { unsafe bind($0, $1, $2) }
    guard listen(listener, 8) == 0 else {
      let failure = VirtualReaderError.failed("listen \(path)")
      Glibc.close(listener)
      throw failure
    }
    let control = BusControl(bus: bus, path: path, listener: listener)
    control.connections.async { control.accept() }
    return control
  }

  private init(bus: any ControlledBus, path: String, listener: Int32) {
    self.bus = bus
    self.path = path
    self.listener = listener
  }

  /// Stops listening and removes the socket.
  package func stop() {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    unsafe unlink(path)
    // Ends the accept, which then closes the descriptor.
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func accept() {
    while isOpen.load(ordering: .acquiring), let client = acceptClient(of: listener) {
      connections.async { self.serve(client) }
    }
    Glibc.close(listener)
  }

  private func serve(_ descriptor: Int32) {
    var socket = LineSocket(descriptor: descriptor)
    while let line = socket.readLine() {
      let reply: BusReply
      do throws(VirtualReaderError) {
        reply = try bus.perform(try Self.request(line))
      } catch {
        reply = BusReply(reason: "\(error)")
      }
      // try?: a reply is strings and numbers, which always encode.
      guard let bytes = try? JSONEncoder().encode(reply), socket.write(line: Array(bytes)) else {
        break
      }
    }
    socket.close()
  }

  private static func request(_ line: [UInt8]) throws(VirtualReaderError) -> BusRequest {
    do {
      return try JSONDecoder().decode(BusRequest.self, from: Data(line))
    } catch {
      throw .malformedRequest("\(error)")
    }
  }

  /// Asks a bus in another process.
  ///
  /// - Throws: ``VirtualReaderError/refused(_:)`` with its words, or
  ///   ``VirtualReaderError/systemCall(_:reason:)`` when nobody listens.
  package static func ask(
    _ request: BusRequest, path: String = defaultPath
  ) throws(VirtualReaderError) -> BusReply {
    var socket = try LineSocket(connectingTo: path)
    // try?: a request is strings and numbers, which always encode.
    let sent = (try? JSONEncoder().encode(request)).map { socket.write(line: Array($0)) }
    let line = sent == true ? socket.readLine() : nil
    socket.close()
    // try?: whatever is wrong with the reply, it is no reply.
    guard let line, let reply = try? JSONDecoder().decode(BusReply.self, from: Data(line)) else {
      throw .systemCall(path, reason: "the virtual bus hung up")
    }
    if let reason = reply.reason { throw .refused(reason) }
    return reply
  }
}
