import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

/// The terminal as its service: selling, rights, drivers of the kernel, another program.
extension Guest {
  static let usualReaders = [
    "1 card \(Socket.vhci(1))", "2 card \(Socket.dummy(0))", "4 card \(Socket.dummy(1))",
    "3 scanner \(Socket.xhci(1))",
    "1 face \(Socket.xhci(2))",
  ]

  /// A card reader at USB/IP.
  static let cardID = "1-1"

  /// Lays the card of the next diner on the reader at USB/IP, and waits for the sale and the light.
  ///
  /// - Returns: From the card to the light.
  @discardableResult
  func tap() async throws -> Duration {
    let diner = nextDiner()
    let before = usbip.signalLog.count
    let start = MonotonicNanoseconds.now
    try usbip.show(.card(diner.virtualCard), port: Self.cardID)
    try await until("the light for \(diner.account)", within: .seconds(20)) {
      usbip.signalLog.dropFirst(before).contains { $0.isAnswer(to: diner.card) }
    }
    let light = usbip.signalLog.dropFirst(before).first { $0.isAnswer(to: diner.card) }
    try usbip.takeAway(port: Self.cardID)
    let count = try await sales(of: diner)
    guard count == 1, light?.signal.green == true else {
      throw LaboratoryError.broken(
        "diner \(diner.account) has \(count) sales, light \(light as Any)")
    }
    return .nanoseconds((light?.atNanoseconds ?? start) - start)
  }

  /// The card reader is plugged in and settled: a card that comes now was not there at the start.
  func plugCardReader() async throws {
    if !usbip.pluggedReaders.contains(where: { $0.port == Self.cardID }) {
      try usbip.plug(VirtualBus.specimen(named: "acr122u"), port: Self.cardID)
    }
    try attach(Self.cardID)
    try await waitUntilReady(Socket.vhci(1))
  }

  func sells() async throws -> String {
    try startTerminal()
    try await plugCardReader()
    try await until("the terminal knows its diners", within: .seconds(60)) {
      try await terminal.status().closedBecause == nil
    }
    // A card that is there when the terminal starts is not charged.
    try await Task.sleep(for: .seconds(2))
    let time = try await tap()
    let user = try shell("ps -o user= -p \(terminalPID)")
    guard user == "canteen" else { throw LaboratoryError.broken("it runs as \(user)") }
    let milliseconds = Int(time / .milliseconds(1))
    channel.say(.figure(BenchFigure(.vmTapToLightMs, Double(milliseconds))))
    return "as \(user), card to light \(milliseconds) ms"
  }

  func submitsURBs() async throws -> String {
    let log = "/tmp/strace.txt"
    let strace = try RunningProgram(
      "/usr/bin/strace", ["-f", "-q", "-e", "trace=ioctl", "-p", "\(terminalPID)", "-o", log],
      environment: [:], logPath: "/tmp/strace.log")
    try await Task.sleep(for: .seconds(2))
    try await tap()
    await strace.stop()
    let count = Int(try shell("grep -c USBDEVFS_SUBMITURB \(log) || true")) ?? 0
    guard count > 0 else { throw LaboratoryError.broken("strace saw no USBDEVFS_SUBMITURB") }
    return "\(count) times USBDEVFS_SUBMITURB for one card"
  }

  func isRefusedWithoutGroup() async throws -> String {
    try stopTerminal()
    // A service without the group that the udev rule gives the readers to; it belongs to no centre.
    let other = "canteend-other"
    try shell(
      "systemd-run --unit=\(other) --uid=nobody -p StateDirectory=other -p RuntimeDirectory=other "
        + "-p EnvironmentFile=/etc/canteen/canteend.env "
        + "--setenv=CANTEEN_STATE_DIRECTORY=/var/lib/other "
        + "--setenv=CANTEEN_TERMINAL=9 "
        + "--setenv=CANTEEN_SOCKET=/run/other/canteend.sock canteend run")
    let client = LocalClient(socketPath: "/run/other/canteend.sock", patience: .seconds(5))
    var reason: String?
    try await until("a reason", within: .seconds(30)) {
      // try?: it has just been started.
      reason = try? await client.readers().first { $0.socket == Socket.vhci(1) }?.reason
      return reason != nil
    }
    try shell("systemctl stop \(other)")
    try startTerminal()
    try await waitUntilReady(Socket.vhci(1))
    guard let reason, reason.contains("permission") else {
      throw LaboratoryError.broken("it says \(reason ?? "nothing")")
    }
    return "\"\(reason)\"; with it, ready"
  }

  func detachesDrivers() async throws -> String {
    try stopTerminal()
    try usbip.plug(VirtualBus.specimen(named: "fm430-pos"), port: "1-2")
    try attach("1-2")
    try order(.addSerial(id: "bridge", port: "2", line: 1))
    let sockets = [Socket.vhci(2), Socket.xhci(2)]
    try await until("the kernel's drivers", within: .seconds(30)) {
      try sockets.allSatisfy { try driver(of: $0) != nil }
    }
    let before = try sockets.map { try driver(of: $0) ?? "none" }
    try settings(Self.usualReaders + ["2 scanner \(Socket.vhci(2))"])
    try order(.face(line: 1, user: nil))
    try startTerminal()
    for socket in sockets { try await waitUntilReady(socket) }
    let during = try sockets.map { try driver(of: $0) ?? "none" }
    try stopTerminal()
    let after = try sockets.map { try driver(of: $0) ?? "none" }
    try usbip.unplug(port: "1-2")
    try order(.remove(id: "bridge"))
    try settings(Self.usualReaders)
    try startTerminal()
    try await waitUntilReady(Socket.vhci(1))
    guard before == ["usbhid", "ftdi_sio"], during == ["usbfs", "usbfs"], after == before else {
      throw LaboratoryError.broken("before \(before), during \(during), after \(after)")
    }
    return "usbhid and ftdi_sio, usbfs meanwhile"
  }

  func namesPCSCD() async throws -> String {
    try stopTerminal()
    let pcscd = try RunningProgram(
      "/usr/sbin/pcscd", ["--foreground"], environment: [:], logPath: "/tmp/pcscd.log")
    try await until("pcscd takes the reader", within: .seconds(30)) {
      try driver(of: Socket.vhci(1)) == "usbfs"
    }
    try startTerminal()
    try await wait(for: "a reason", Socket.vhci(1)) { $0.reason != nil && $0.state != "starting" }
    let reason = await reader(in: Socket.vhci(1))?.reason ?? ""
    // Asked to end, it takes five seconds.
    pcscd.signal(SIGKILL)
    _ = await pcscd.wait()
    try await waitUntilReady(Socket.vhci(1))
    guard reason.hasPrefix("claimed by pcscd") else {
      throw LaboratoryError.broken("it says \(reason)")
    }
    return "\"\(reason)\"; ready when it had gone"
  }
}
