import CanteenModel
import Foundation
import VirtualReaders

/// A card reader whose cable is pulled and put back.
private protocol Cabled: Sendable {
  func plug() throws
  /// The cable comes out by itself at the n-th transfer from now, or not any more.
  func goOut(atTransfer transfer: Int?) throws
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

    func plug() throws { try guest.attach(port) }
    func goOut(atTransfer transfer: Int?) throws {
      try guest.usbip.hangUp(atTransfer: transfer, port: port)
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

    func plug() throws { try gadget.plug() }
    func goOut(atTransfer transfer: Int?) { gadget.hangUp(atTransfer: transfer) }
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
    let reader = OverFunctionFS(gadget: gadget)
    let words = try await unplugsEverywhere(reader, socket: Socket.dummy(0))
    try gadget.plug()
    try await waitUntilReady(Socket.dummy(0))
    let seen = try shell("cat \(reader.controller)/usb*/*/*:1.*/ep_*/bEndpointAddress")
      .split(separator: "\n").map(String.init)
    let own = gadget.endpointAddresses.map { Hexadecimal.text([$0]) }
    guard Set(seen) != Set(own), seen.count == own.count else {
      throw LaboratoryError.broken("endpoints \(own) are \(seen) at the host")
    }
    return words + "; \(own.joined(separator: " ")) became \(seen.joined(separator: " "))"
  }

  /// Pulls the cable at each transfer from the plug until the reader is ready, and at each from a card until it is
  /// taken away. What is shown in peace after each must be sold.
  private func unplugsEverywhere(_ reader: some Cabled, socket: String) async throws -> String {
    let before = try reader.transfers
    try reader.plug()
    try await waitUntilReady(socket)
    // A card that lay there when the terminal started is not charged.
    try await Task.sleep(for: .seconds(2))
    let starting = try reader.transfers - before
    try await sells(reader)
    let serving = try reader.transfers - before - starting
    try await pull(reader, socket)
    var sold = 0
    // The last one only sells.
    for place in 1...max(starting, serving) + 1 {
      if place <= starting { try await starts(reader, socket, goingAt: place) }
      try reader.goOut(atTransfer: nil)
      try reader.plug()
      try await waitUntilReady(socket)
      try await sells(reader)
      if place <= serving { sold += try await serves(reader, socket, goingAt: place) }
      try await pull(reader, socket)
    }
    return
      "\(starting + serving) places, after each back and selling; \(sold) of them after the sale"
  }

  private func sells(_ reader: some Cabled) async throws {
    let diner = nextDiner()
    _ = try await sale(of: diner, showing: { try reader.show(diner.virtualCard) }) {
      try reader.takeAway()
    }
    // Its light goes out.
    try await Task.sleep(for: .milliseconds(150))
  }

  private func starts(_ reader: some Cabled, _ socket: String, goingAt transfer: Int) async throws {
    try reader.goOut(atTransfer: transfer)
    try reader.plug()
    try await until("\(socket): ready or out again", within: .seconds(40)) {
      if try reader.isIn == false { return true }
      return await self.reader(in: socket)?.state == "ready"
    }
    try await pull(reader, socket)
  }

  /// - Returns: How often what was shown then was sold, once or not at all.
  private func serves(
    _ reader: some Cabled, _ socket: String, goingAt transfer: Int
  ) async throws -> Int {
    let diner = nextDiner()
    try reader.goOut(atTransfer: transfer)
    try reader.show(diner.virtualCard)
    try await until("\(socket): a sale, or out again", within: .seconds(20)) {
      if try reader.isIn == false { return true }
      return try await sales(of: diner) == 1
    }
    // The light, and what may come after it.
    try await Task.sleep(for: .milliseconds(100))
    try reader.takeAway()
    try await Task.sleep(for: .milliseconds(100))
    let count = try await sales(of: diner)
    guard count <= 1 else {
      throw LaboratoryError.broken("transfer \(transfer): diner \(diner.account) paid twice")
    }
    return count
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
