import Glibc
import Testing
import VirtualReaders

/// What a kernel that attaches a virtual reader meets. `make vm-test` shows that one does.
@Suite(.timeLimit(.minutes(1)))
struct USBIPTests {
  @Test("the list names what is offered, with its interfaces")
  func list() throws {
    try Self.with("acr122u") { server in
      let client = try Client(server.port)
      client.send(0x0111_8005, 0)
      #expect(client.numbers(3) == [0x0111_0005, 0, 1])
      #expect(client.text(256) == "/sys/devices/canteen/usb1/1-2")
      #expect(client.text(32) == "1-2")
      #expect(client.numbers(3) == [1, 1, 2])  // bus, address, full speed
      #expect(client.bytes(12) == [0x07, 0x2F, 0x22, 0x00, 0x02, 0x14, 0, 0, 0, 1, 1, 1])
      #expect(client.bytes(4) == [0x0B, 0, 0, 0])
    }
  }

  @Test("an attached card reader answers as on a bus, until the cable is pulled")
  func session() throws {
    try Self.with("acr122u") { server in
      let client = try Client(server.port)
      #expect(client.attach("1-2") == 0)
      // GET_DESCRIPTOR and SET_CONFIGURATION are answered by the device, not by the model.
      client.submit(1, isIn: true, endpoint: 0, length: 18, setup: [0x80, 6, 0, 1, 0, 0, 18, 0])
      #expect(client.ending(1)?.prefix(2) == [18, 1])
      client.submit(2, isIn: false, endpoint: 0, setup: [0, 9, 1, 0, 0, 0, 0, 0])
      #expect(client.ending(2) == [])
      // A notice waits for a card; the answer to a slot status does not wait for it.
      client.submit(3, isIn: true, endpoint: 1, length: 8)
      client.submit(4, isIn: true, endpoint: 2, length: 271)
      client.submit(5, isIn: false, endpoint: 2, bytes: [0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0])
      #expect(client.ending(5) == [])
      #expect(client.ending(4)?.prefix(7) == [0x81, 0, 0, 0, 0, 0, 7])
      try server.show(.card(VirtualCard(serial: [1, 2, 3, 4])), port: "1-2")
      #expect(client.ending(3) == [0x50, 0x03])
      #expect(throws: VirtualReaderError.portTaken("1-2")) {
        try server.plug(VirtualBus.specimen(named: "acr122u"), port: "1-2")
      }
      #expect(try Client(server.port).attach("1-2") == 1)
      try server.unplug(port: "1-2")
      #expect(client.numbers(1).isEmpty)
      #expect(throws: VirtualReaderError.nothingPlugged("1-2")) { try server.takeAway(port: "1-2") }
    }
  }

  @Test("what is taken back does not end, and what has ended is not taken back")
  func unlink() throws {
    try Self.with("acr122u") { server in
      let client = try Client(server.port)
      _ = client.attach("1-2")
      client.submit(1, isIn: true, endpoint: 1, length: 8)
      client.send([2, 2, 0, 0, 0, 1])
      #expect(
        Array(client.numbers(12).prefix(6)) == [4, 2, 0, 0, 0, UInt32(bitPattern: -ECONNRESET)])
      client.send([2, 3, 0, 0, 0, 1])
      #expect(Array(client.numbers(12).prefix(6)) == [4, 3, 0, 0, 0, 0])
      // It has no strings.
      client.submit(4, isIn: true, endpoint: 0, length: 9, setup: [0x80, 6, 0, 3, 0, 0, 9, 0])
      #expect(client.ending(4) == nil)
    }
  }

  @Test(
    "whoever does not speak the protocol is not listened to",
    arguments: [[0x0100_8005, 0], [0x0111_8006, 0]] as [[UInt32]])
  func nonsense(head: [UInt32]) throws {
    try Self.with("acr122u") { server in
      let client = try Client(server.port)
      client.send(words: head)
      #expect(client.numbers(1).isEmpty)
    }
  }

  @Test("an attached client that sends nonsense is let go, and another one gets the device")
  func nonsenseAfterwards() throws {
    try Self.with("acr122u") { server in
      for header: [UInt32] in [[9], [1, 1, 0, 1, 2, 0, 0x0200_0000]] {
        let client = try Client(server.port)
        #expect(client.attach("1-2") == 0)
        client.send(header)
        #expect(client.numbers(1).isEmpty)
      }
      #expect(try Client(server.port).attach("1-3") == 1)
    }
  }

  private static func with(_ model: String, _ body: (USBIPServer) throws -> Void) throws {
    let server = try USBIPServer.start(port: 0)
    defer { server.stop() }
    try server.plug(VirtualBus.specimen(named: model), port: "1-2")
    try body(server)
  }
}

/// A kernel, as far as a server can tell. Source: Linux, Documentation/usb/usbip_protocol.rst.
private final class Client {
  private let descriptor: Int32
  /// Transfers whose bytes come to us.
  private var inward: Set<UInt32> = []

  init(_ port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(code == 0)
  }

  deinit { close(descriptor) }

  func send(_ numbers: UInt32...) { send(words: numbers) }

  func send(words: [UInt32]) {
    send(
      bytes: words.flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
      })
  }

  /// A message about transfers, filled up to its length.
  func send(_ header: [UInt32], setup: [UInt8] = [], bytes: [UInt8] = []) {
    send(words: header + [UInt32](repeating: 0, count: 10 - header.count))
    send(bytes: setup + [UInt8](repeating: 0, count: 8 - setup.count) + bytes)
  }

  private func send(bytes: [UInt8]) {
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// - Returns: Fewer when the server hung up.
  func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
    return Array(bytes.prefix(max(0, read)))
  }

  func numbers(_ count: Int) -> [UInt32] {
    let all = bytes(4 * count)
    return stride(from: 0, to: all.count - 3, by: 4).map { start in
      all[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  func text(_ count: Int) -> String {
    String(decoding: bytes(count).prefix { $0 != 0 }, as: UTF8.self)
  }

  /// - Returns: The status.
  func attach(_ busID: String) -> UInt32? {
    send(0x0111_8003, 0)
    send(bytes: Array(busID.utf8) + [UInt8](repeating: 0, count: 32 - busID.utf8.count))
    let answer = numbers(2)
    if answer.last == 0 { _ = bytes(312) }
    return answer.last
  }

  func submit(
    _ number: UInt32, isIn: Bool, endpoint: UInt32, length: Int = 0, setup: [UInt8] = [],
    bytes: [UInt8] = []
  ) {
    if isIn { inward.insert(number) }
    send(
      [1, number, 0, isIn ? 1 : 0, endpoint, 0, UInt32(isIn ? length : bytes.count), 0, 0, 0],
      setup: setup, bytes: bytes)
  }

  /// The end of a transfer, which must be the next that ends.
  ///
  /// - Returns: What was received; `nil` for a stall.
  func ending(_ number: UInt32) -> [UInt8]? {
    let header = numbers(12)
    #expect(header.prefix(2) == [3, number])
    guard header.count == 12, header[5] == 0 else { return nil }
    // The length counts what was sent, too.
    return inward.contains(number) ? bytes(Int(header[6])) : []
  }
}
