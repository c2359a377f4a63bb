/// Where a program runs: this machine, or a network namespace of it that is a machine of its own to the network.
struct TestHost: Sendable {
  /// How the others reach it.
  let address: String
  /// `nil`: this machine's own.
  let namespace: String?

  static let loopback = TestHost(address: "127.0.0.1", namespace: nil)

  /// The command that runs a program there.
  func command(_ program: String, _ arguments: [String]) -> (path: String, arguments: [String]) {
    guard let namespace else { return (program, arguments) }
    return ("/usr/sbin/ip", ["netns", "exec", namespace, program] + arguments)
  }
}
