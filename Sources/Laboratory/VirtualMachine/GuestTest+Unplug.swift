import CanteenModel
import Foundation
import VirtualReaders

/// A card reader whose cable is pulled and put back.
private protocol Cabled: Sendable {
  /// The cable goes in, and comes out by itself at the n-th transfer from then.
  func plug(goingAt transfer: Int?) throws
  /// It is in.
  var isIn: Bool { get throws }
  func pull() throws
  func show(_ card: VirtualCard) throws
  func takeAway() throws
  var transfers: Int { get throws }
  /// The host controller that it alone is plugged into, in sysfs.
  var controller: String { get }
}

extension Guest {
  private struct OverUSBIP: Cabled {
    let guest: Guest
    private var port: String { Guest.cardID }
    let controller = "/sys/devices/platform/vhci_hcd.0"

    init(guest: Guest) { self.guest = guest }

    func plug(goingAt transfer: Int?) throws {
      try guest.usbip.hangUp(atTransfer: transfer, port: port)
      try guest.attach(port)
    }
    var isIn: Bool { get throws { try guest.usbip.isAttached(port: port) } }
    func pull() throws { try guest.usbip.hangUp(port: port) }
    func show(_ card: VirtualCard) throws { try guest.usbip.show(.card(card), port: port) }
    func takeAway() throws { try guest.usbip.takeAway(port: port) }
    var transfers: Int { get throws { try guest.usbip.submittedTransfers(port: port) } }
  }

  private struct OverFunctionFS: Cabled {
    let gadget: GadgetDevice
    let controller = "/sys/devices/platform/dummy_hcd.0"

    func plug(goingAt transfer: Int?) throws {
      gadget.hangUp(atTransfer: transfer)
      try gadget.plug()
    }
    var isIn: Bool { gadget.isPlugged }
    func pull() { gadget.unplug() }
    func show(_ card: VirtualCard) { gadget.show(.card(card)) }
    func takeAway() { gadget.takeAway() }
    var transfers: Int { gadget.transfers }
  }

  /// A reader behind FunctionFS, whose cable is not in yet.
  func makeGadget(_ name: String = "reader", at controller: Int = 0) throws -> GadgetDevice {
    try GadgetDevice(
      VirtualBus.specimen(named: "omnikey5022").make(), name: name,
      controller: "dummy_udc.\(controller)")
  }

  func unplugsEverywhereOverUSBIP() async throws -> String {
    let reader = OverUSBIP(guest: self)
    try reader.pull()
    let words = try await unplugsEverywhere(reader, socket: Socket.vhci(1))
    try await plugCardReader()
    return words
  }

  func unplugsEverywhereOverFunctionFS() async throws -> String {
    let gadget = try makeGadget()
    defer { gadget.remove() }
    let words = try await unplugsEverywhere(OverFunctionFS(gadget: gadget), socket: Socket.dummy(0))
    try gadget.plug()
    try await waitUntilReady(Socket.dummy(0))
    let seen = try shell("lsusb -v -d 076b: 2>/dev/null | grep bEndpointAddress | awk '{print $2}'")
      .split(separator: "\n").map(String.init)
    let own = gadget.endpointAddresses.map { "0x\(Hexadecimal.text([$0]))" }
    guard Set(seen) != Set(own), seen.count == own.count else {
      throw LaboratoryError.broken("endpoints \(own) are \(seen) at the host")
    }
    return words + "; \(own.joined(separator: " ")) became \(seen.joined(separator: " "))"
  }

  /// Plays a session for each of its transfers, from the plug to the light, and pulls the cable there. What is
  /// shown then in peace must be sold, once.
  private func unplugsEverywhere(_ reader: some Cabled, socket: String) async throws -> String {
    let calm = try await session(reader, socket, goingAt: nil)
    guard try await sales(of: calm.diner) == 1 else {
      throw LaboratoryError.broken("without an accident nothing is sold")
    }
    var dark = 0
    for transfer in 1...calm.transfers {
      let cut = try await session(reader, socket, goingAt: transfer)
      let count = try await sales(of: cut.diner)
      guard count <= 1 else {
        throw LaboratoryError.broken("transfer \(transfer): diner \(cut.diner.account) paid twice")
      }
      dark += count
      try reader.plug(goingAt: nil)
      try await waitUntilReady(socket)
      let diner = nextDiner()
      _ = try await sale(of: diner, showing: { try reader.show(diner.virtualCard) }) {
        try reader.takeAway()
      }
      try await pull(reader, socket)
    }
    return
      "\(calm.transfers) places, each time back and selling; \(dark) sales whose light was cut off"
  }

  private func session(
    _ reader: some Cabled, _ socket: String, goingAt transfer: Int?
  ) async throws -> (transfers: Int, diner: Diner) {
    let before = try reader.transfers
    let diner = nextDiner()
    try reader.plug(goingAt: transfer)
    try await until("\(socket): ready or out again", within: .seconds(40)) {
      if try reader.isIn == false { return true }
      return await self.reader(in: socket)?.state == "ready"
    }
    // A card that lay there when the terminal started is not charged.
    if transfer == nil { try await Task.sleep(for: .seconds(2)) }
    try reader.show(diner.virtualCard)
    try await until("\(socket): a sale, or out again", within: .seconds(20)) {
      if try reader.isIn == false { return true }
      return try await sales(of: diner) == 1
    }
    // The light, and what may come after it.
    try await Task.sleep(for: .milliseconds(200))
    try reader.takeAway()
    try await Task.sleep(for: .milliseconds(100))
    let count = try reader.transfers - before
    try await pull(reader, socket)
    return (count, diner)
  }

  /// Pulls the cable, if it is in, and waits until the terminal knows.
  private func pull(_ reader: some Cabled, _ socket: String) async throws {
    if try reader.isIn { try reader.pull() }
    try await until("\(socket): out", within: .seconds(60)) {
      // The kernel may still be busy with a device that the terminal has never seen.
      guard try Self.isEmpty(reader.controller) else { return false }
      return await self.reader(in: socket)?.state != "ready"
    }
  }

  /// Whether nothing is plugged into a host controller.
  private static func isEmpty(_ controller: String) throws -> Bool {
    let files = FileManager.default
    return try files.contentsOfDirectory(atPath: controller)
      .filter { $0.hasPrefix("usb") && $0.dropFirst(3).allSatisfy(\.isNumber) }
      .allSatisfy { bus in
        try files.contentsOfDirectory(atPath: "\(controller)/\(bus)").allSatisfy {
          !$0.hasSuffix("-1")
        }
      }
  }

  func unplugsInEveryState() async throws -> String {
    let keyboard = { try self.order(.addKeyboard(id: "keyboard", port: "1")) }
    let pull = { try self.order(.remove(id: "keyboard")) }
    let half = { try self.order(.type("canteen-de")) }
    let states: [(String, () async throws -> Void)] = [
      ("starting", {}),
      ("ready", { try await self.waitUntilReady(Socket.xhci(1)) }),
      (
        "in a code",
        {
          try await self.waitUntilReady(Socket.xhci(1))
          try half()
        }
      ),
    ]
    for (_, reach) in states {
      try keyboard()
      try await reach()
      try pull()
      try await Task.sleep(for: .milliseconds(500))
      try keyboard()
      try await waitUntilReady(Socket.xhci(1))
      let diner = nextDiner()
      _ = try await sale(of: diner, showing: { try order(.type("\(diner.code)\n")) })
      try pull()
      try await Task.sleep(for: .milliseconds(500))
    }
    try order(.face(line: 1, user: nil))
    for isLooking in [false, true] {
      try order(.addSerial(id: "bridge", port: "2", line: 1))
      if isLooking { try await waitUntilReady(Socket.xhci(2)) }
      try order(.remove(id: "bridge"))
      try await Task.sleep(for: .milliseconds(500))
    }
    try order(.addSerial(id: "bridge", port: "2", line: 1))
    try await waitUntilReady(Socket.xhci(2))
    try order(.remove(id: "bridge"))
    return states.map(\.0).joined(separator: ", ") + "; a face module starting, looking"
  }
}
