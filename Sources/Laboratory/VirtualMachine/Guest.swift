import CanteenModel
import Foundation
import LocalAPI
import Synchronization
import VirtualReaders

/// The product in a guest: the terminal as its service, a centre beside it, and readers on three kinds of host
/// controllers.
package final class Guest: Sendable {
  /// Sockets as udev names them.
  enum Socket {
    /// Of `vhci-hcd`, to which USB/IP attaches.
    static func vhci(_ port: Int) -> String { "platform-vhci_hcd.0-usb-0:\(port)" }
    /// Of QEMU's USB 3 controller.
    static func xhci(_ port: Int) -> String { "pci-0000:00:08.0-usb-0:\(port)" }
    /// Of `dummy_hcd`, which has a controller for each gadget.
    static func dummy(_ controller: Int) -> String { "platform-dummy_hcd.\(controller)-usb-0:1" }
  }

  let channel: GuestChannel
  let usbip: USBIPServer
  private let centre: CentreSite
  let terminal = LocalClient(socketPath: "/run/canteen/canteend.sock", patience: .seconds(30))
  let guests = Guests(count: 400)
  private let served = Mutex(0)

  /// A guest in whose machine the programs and their service are installed.
  package init() throws {
    channel = try GuestChannel()
    usbip = try USBIPServer.start()
    centre = try CentreSite(folder: "/var/lib/canteen-laboratory", programs: "/usr/bin")
  }

  /// The next diner, who has not eaten yet.
  func nextDiner() -> Diner {
    served.withLock { served in
      defer { served += 1 }
      return guests.regulars[served]
    }
  }

  func say(_ text: String) { channel.say(.line(text)) }

  func order(_ order: HostOrder) throws { try channel.order(order) }

  /// Waits until something is so. A guest without KVM is too slow to look often.
  func until(
    _ what: String, within limit: Duration, _ condition: () async throws -> Bool
  ) async throws {
    try await Patience.until(what, within: limit, step: .milliseconds(40), condition)
  }

  /// Runs a command of a shell.
  @discardableResult
  func shell(_ command: String) throws(LaboratoryError) -> String {
    try ProgramOutput.of("/bin/sh", ["-c", command])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: - The terminal

  /// Starts the centre and the terminal's service, and lets the terminal join as its operator would.
  func introduce(readers: [String]) async throws -> RunningProgram {
    try FileManager.default.createDirectory(
      atPath: "/etc/canteen", withIntermediateDirectories: true)
    let running = try centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: Menu.accounts(guests.regulars))
    try settings(readers)
    try startTerminal()
    do {
      try await until("the centre and the terminal answer", within: .seconds(60)) {
        FileManager.default.fileExists(atPath: "/run/canteen/canteend.sock")
          && centre.isAnswering
      }
    } catch {
      throw LaboratoryError.late("\(error); the centre: \(running.lastWords())")
    }
    let order = try centre.invitation()
    try shell("canteenctl enrol \(order.url) \(order.token)")
    try stopTerminal()
    return running
  }

  /// - Parameter readers: As in `canteen.readers`.
  func settings(_ readers: [String]) throws {
    let environment = centre.terminalEnvironment(.push)
    let lines =
      environment.map { "\($0)=\"\($1)\"" }
      + ["CANTEEN_READERS=\"\(readers.joined(separator: ","))\""]
    try Data((lines.joined(separator: "\n") + "\n").utf8)
      .write(to: URL(filePath: "/etc/canteen/canteend.env"))
  }

  func startTerminal() throws(LaboratoryError) { try shell("systemctl start canteend") }
  func stopTerminal() throws(LaboratoryError) { try shell("systemctl stop canteend") }

  var terminalPID: pid_t {
    get throws(LaboratoryError) {
      pid_t(try shell("systemctl show --value -p MainPID canteend")) ?? 0
    }
  }

  /// What the terminal says of the reader in a socket.
  func reader(in socket: String) async -> ReaderStatus? {
    // try?: a terminal that starts or stops answers nothing.
    try? await terminal.readers().first { $0.socket == socket }
  }

  /// Waits until the reader in a socket works.
  func waitUntilReady(_ socket: String, within limit: Duration = .seconds(40)) async throws {
    try await wait(for: "ready", socket, within: limit) { $0.state == "ready" }
  }

  /// Waits until the reader in a socket is as it must be.
  func wait(
    for what: String, _ socket: String, within limit: Duration = .seconds(40),
    _ condition: @escaping (ReaderStatus) -> Bool
  ) async throws {
    do {
      try await until("\(socket): \(what)", within: limit) {
        await reader(in: socket).map(condition) ?? false
      }
    } catch {
      let all = try await terminal.readers().map {
        "\($0.socket ?? $0.reader.port) \($0.state) \($0.reason ?? "")"
      }
      throw LaboratoryError.late("\(error); readers: \(all)")
    }
  }

  /// Sales of a diner in the ledger.
  func sales(of diner: Diner) async throws -> Int {
    try await terminal.journal(limit: 20)
      .filter { $0.kind == "sale" && $0.account == AccountID(diner.account) }.count
  }

  // MARK: - Readers

  /// Attaches what is offered under a bus id, and waits until the kernel has it at a port of its own.
  func attach(_ busID: String) throws(LaboratoryError) {
    try shell("usbip attach -r 127.0.0.1 -b \(busID)")
  }

  /// The driver of the kernel that has the first interface of the device in a socket; `usbfs` when a program
  /// has it.
  func driver(of socket: String) throws(LaboratoryError) -> String? {
    guard let device = try sysfsFolder(of: socket) else { return nil }
    // try?: without a driver there is no link.
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(device):1.0/driver")
    return link.map { String($0.split(separator: "/").last ?? "") }
  }

  /// What the kernel says of the device in a socket; `nil` when there is none.
  func sysfsFolder(of socket: String) throws(LaboratoryError) -> String? {
    let folders = try shell("ls -d /sys/bus/usb/devices/*:1.0").split(separator: "\n")
    for folder in folders where !folder.hasSuffix("-0:1.0") {
      let device = String(folder.dropLast(4))
      if try shell("udevadm info -q property \(device)").contains("ID_PATH=\(socket)\n") {
        return device
      }
    }
    return nil
  }
}
