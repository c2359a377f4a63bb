import Foundation

/// Two machines and the cable between them: network namespaces with a pair of virtual Ethernet devices.
/// Needs root. Source: ip-netns(8), veth(4).
package struct NetworkPair: Sendable {
  /// The namespaces.
  package let terminal: String
  package let centre: String

  /// A network of documentation: RFC 5737.
  static let terminalAddress = "192.0.2.1"
  static let centreAddress = "192.0.2.2"
  /// What both call their end of the cable.
  static let device = "link0"

  /// - Throws: ``LaboratoryError/program(_:)``, also without root.
  package init() throws {
    guard geteuid() == 0 else {
      throw LaboratoryError.program("network namespaces need root: sudo canteen-lab network-cuts")
    }
    terminal = "canteen-t\(getpid())"
    centre = "canteen-c\(getpid())"
    do {
      for name in [terminal, centre] { try Self.ip("netns", "add", name) }
      try Self.ip(
        "link", "add", Self.device, "netns", terminal, "type", "veth", "peer", "name", Self.device,
        "netns", centre)
      for (name, address) in [(terminal, Self.terminalAddress), (centre, Self.centreAddress)] {
        try Self.ip("-n", name, "addr", "add", "\(address)/24", "dev", Self.device)
        try Self.ip("-n", name, "link", "set", "lo", "up")
        try Self.ip("-n", name, "link", "set", Self.device, "up")
      }
    } catch {
      remove()
      throw error
    }
  }

  /// Runs a program on the terminal's machine to its end.
  ///
  /// - Returns: What it printed.
  package func onTerminal(_ program: String, _ arguments: [String]) throws -> String {
    let command = TestHost(address: Self.terminalAddress, namespace: terminal)
      .command(program, arguments)
    return try ProgramOutput.of(command.path, command.arguments)
  }

  /// Ends both machines; what ran there must have ended.
  package func remove() {
    for name in [terminal, centre] {
      // try?: what was never made cannot be removed.
      try? Self.ip("netns", "del", name)
    }
  }

  private static func ip(_ arguments: String...) throws(LaboratoryError) {
    _ = try ProgramOutput.of("/usr/sbin/ip", arguments, environment: ["LD_PRELOAD": nil])
  }
}

/// This machine's end of the cable.
struct CableEnd: Sendable {
  let device: String

  /// Takes the cable out when so many packets more have gone over it, in both directions together. They are
  /// counted as fast as they can be read, so that a cut hits the middle of a step.
  ///
  /// - Parameter limit: After this it is taken out without them.
  func cut(after packets: Int, within limit: Duration) async throws {
    let result: Result<Void, any Error> = await withCheckedContinuation { answer in
      Thread.detachNewThread {
        let (before, deadline) = (self.packets, ContinuousClock.now + limit)
        while self.packets - before < packets, ContinuousClock.now < deadline {}
        answer.resume(returning: Result { try set(up: false) })
      }
    }
    try result.get()
  }

  func restore() throws { try set(up: true) }

  /// Received and sent. Source: proc(5), /proc/net/dev.
  private var packets: Int {
    // try?: a count that cannot be read is none, and the deadline ends it.
    let text = (try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.contains("\(device):") }
    let fields = line?.split(separator: ":").last?.split(separator: " ").map { Int($0) ?? 0 } ?? []
    return fields.count > 9 ? fields[1] + fields[9] : 0
  }

  /// Source: netdevice(7).
  private func set(up isUp: Bool) throws {
    let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(control) }
    var request = ifreq()
    withUnsafeMutableBytes(of: &request.ifr_ifrn) { name in
      name.copyBytes(from: device.utf8.prefix(Int(IFNAMSIZ) - 1))
    }
    guard ioctl(control, UInt(SIOCGIFFLAGS), &request) == 0 else {
      throw LaboratoryError.program("SIOCGIFFLAGS of \(device): errno \(errno)")
    }
    let flag = Int16(truncatingIfNeeded: Int(IFF_UP))
    let flags = request.ifr_ifru.ifru_flags
    request.ifr_ifru.ifru_flags = isUp ? flags | flag : flags & ~flag
    guard ioctl(control, UInt(SIOCSIFFLAGS), &request) == 0 else {
      throw LaboratoryError.program("SIOCSIFFLAGS of \(device): errno \(errno)")
    }
  }
}
