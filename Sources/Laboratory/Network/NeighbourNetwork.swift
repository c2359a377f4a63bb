import Foundation

/// The terminals of a canteen, their centre, and the switch between them: network namespaces, each with a cable to
/// a bridge in one of its own. Needs root. Source: ip-netns(8), veth(4), ip-link(8).
package struct NeighbourNetwork: Sendable {
  /// Documentation's (RFC 5737): the centre is .1, terminal n is .(10 + n).
  private static let network = "192.0.2"
  private static let bridge = "br0"

  /// By number; 0 is the centre.
  private let machines: [String]
  private let lanSwitch: String

  /// - Parameter terminals: How many. 1...9.
  /// - Throws: ``LaboratoryError/program(_:)``, also without root.
  package init(terminals: Int) throws(LaboratoryError) {
    guard geteuid() == 0 else {
      throw LaboratoryError.program("network namespaces need root: sudo canteen-lab peer-network")
    }
    lanSwitch = "canteen-s\(getpid())"
    machines = (0...terminals).map { "canteen-m\(getpid())-\($0)" }
    do {
      for name in [lanSwitch] + machines { try Self.ip("netns", "add", name) }
      try Self.ip("-n", lanSwitch, "link", "add", Self.bridge, "type", "bridge")
      try Self.ip("-n", lanSwitch, "link", "set", Self.bridge, "up")
      for (number, machine) in machines.enumerated() {
        let port = Self.port(number)
        try Self.ip(
          "link", "add", "link0", "netns", machine, "type", "veth", "peer", "name", port, "netns",
          lanSwitch)
        try Self.ip("-n", lanSwitch, "link", "set", port, "master", Self.bridge)
        try Self.ip("-n", lanSwitch, "link", "set", port, "up")
        try Self.ip(
          "-n", machine, "addr", "add", "\(Self.address(number))/24", "dev", "link0")
        try Self.ip("-n", machine, "link", "set", "lo", "up")
        try Self.ip("-n", machine, "link", "set", "link0", "up")
      }
    } catch {
      remove()
      throw error
    }
  }

  var centre: TestHost { TestHost(address: Self.address(0), namespace: machines[0]) }

  /// - Parameter number: 1 or more.
  func terminal(_ number: Int) -> TestHost {
    TestHost(address: Self.address(number), namespace: machines[number])
  }

  /// Takes the centre's cable out of the switch, or puts it back. Nobody is told: what is sent is lost.
  func setCentre(reachable isUp: Bool) throws(LaboratoryError) { try set(0, up: isUp) }

  /// Takes a terminal's cable out of the switch, or puts it back.
  func set(_ number: Int, up isUp: Bool) throws(LaboratoryError) {
    try Self.ip("-n", lanSwitch, "link", "set", Self.port(number), isUp ? "up" : "down")
  }

  /// Ends all machines; what ran there must have ended.
  package func remove() {
    for name in machines + [lanSwitch] {
      // try?: what was never made cannot be removed.
      try? Self.ip("netns", "del", name)
    }
  }

  private static func port(_ number: Int) -> String { "port\(number)" }

  private static func address(_ number: Int) -> String {
    "\(network).\(number == 0 ? 1 : 10 + number)"
  }

  private static func ip(_ arguments: String...) throws(LaboratoryError) {
    _ = try ProgramOutput.of("/usr/sbin/ip", arguments, environment: ["LD_PRELOAD": nil])
  }
}
