import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

extension Guest {
  func readsForeignDevices() async throws -> String {
    try order(.face(line: 1, user: nil))
    try order(.addSerial(id: "bridge", port: "2", line: 1))
    try order(.addKeyboard(id: "keyboard", port: "1"))
    for socket in [Socket.xhci(1), Socket.xhci(2)] { try await waitUntilReady(socket) }
    let clock = ContinuousClock()
    // Whoever stands there at the start is not charged.
    let settled = clock.now + .seconds(6)
    let typist = nextDiner()
    let typed = try await sale(
      of: typist,
      showing: {
        try order(.type("\(typist.code)\n"))
      })
    // What holds the keyboard keeps its keys from every console.
    let inputs = try shell("ls -d /sys/bus/usb/devices/*:1.*/*/input 2>/dev/null || true")
    try await clock.sleep(until: settled)
    let looker = nextDiner()
    let looked = try await sale(
      of: looker,
      showing: {
        try order(.face(line: 1, user: looker.face))
      })
    try order(.face(line: 1, user: nil))
    for id in ["keyboard", "bridge"] { try order(.remove(id: id)) }
    guard inputs.isEmpty else { throw LaboratoryError.broken("the kernel listens too: \(inputs)") }
    return
      "a code typed: sold after \(typed) ms, nothing to a console; a face behind FTDI: \(looked) ms"
  }

  /// Shows what a diner has until it is sold, as a diner does: twice more, when it was shown too early or not
  /// read.
  ///
  /// - Returns: Milliseconds until the sale is in the ledger.
  func sale(
    of diner: Diner, showing show: () throws -> Void, takingAway takeAway: () throws -> Void = {}
  ) async throws -> Int {
    for attempt in 1...3 {
      let start = ContinuousClock.now
      try show()
      do {
        try await until("a sale of diner \(diner.account)", within: .seconds(8)) {
          try await sales(of: diner) == 1
        }
        try takeAway()
        return Int((ContinuousClock.now - start) / .milliseconds(1))
      } catch {
        try takeAway()
        if attempt == 3 { throw error }
        try await Task.sleep(for: .seconds(1))
      }
    }
    return 0
  }

  func tellsReadersApart() async throws -> String {
    let places = ["1 scanner \(Socket.xhci(3))", "2 scanner \(Socket.xhci(4))"]
    try settings(Self.usualReaders + places)
    var lanes: [[LaneID?]] = []
    // As after a reboot in which the other one was found first.
    for sequence in [[0, 1], [1, 0]] {
      try stopTerminal()
      for number in sequence {
        try order(.addSerial(id: "twin\(number)", port: "\(3 + number)", line: number))
        try await Task.sleep(for: .milliseconds(500))
      }
      try startTerminal()
      for socket in [3, 4] { try await waitUntilReady(Socket.xhci(socket)) }
      var found: [LaneID?] = []
      for number in [0, 1] {
        let diner = nextDiner()
        _ = try await sale(
          of: diner,
          showing: {
            try order(.say(line: number, Array("\(diner.code)\r".utf8)))
          })
        found.append(
          try await terminal.journal(limit: 5).first { $0.account == AccountID(diner.account) }?
            .lane)
      }
      lanes.append(found)
      for number in sequence { try order(.remove(id: "twin\(number)")) }
    }
    try stopTerminal()
    try settings(Self.usualReaders)
    try startTerminal()
    guard lanes == [[LaneID(1), LaneID(2)], [LaneID(1), LaneID(2)]] else {
      throw LaboratoryError.broken("lanes \(lanes)")
    }
    return "lanes 1 and 2, whichever comes first"
  }

  func survivesSuspend() async throws -> String {
    // vhci-hcd refuses to be suspended with a device.
    try usbip.hangUp(port: Self.cardID)
    let gadget = try makeGadget()
    defer { gadget.remove() }
    try gadget.plug()
    try order(.addKeyboard(id: "keyboard", port: "1"))
    for socket in [Socket.dummy(0), Socket.xhci(1)] { try await waitUntilReady(socket) }
    // Of the five seconds for which the kernel waits, one is enough.
    try shell("echo 1 >/sys/module/suspend/parameters/pm_test_delay")
    let before = try shell("journalctl -k --no-pager | grep -c 'PM: suspend exit' || true")
    try shell("echo devices >/sys/power/pm_test && echo freeze >/sys/power/state")
    try shell("echo none >/sys/power/pm_test")
    let after = try shell("journalctl -k --no-pager | grep -c 'PM: suspend exit' || true")
    for socket in [Socket.dummy(0), Socket.xhci(1)] { try await waitUntilReady(socket) }
    let diner = nextDiner()
    _ = try await sale(of: diner, showing: { try order(.type("\(diner.code)\n")) })
    let holder = nextDiner()
    _ = try await sale(of: holder, showing: { gadget.show(.card(holder.virtualCard)) }) {
      gadget.takeAway()
    }
    try order(.remove(id: "keyboard"))
    guard before != after else { throw LaboratoryError.broken("nothing was suspended") }
    try await wakesPort(Socket.dummy(0), reader: gadget)
    return "a keyboard on xHCI and a card reader on dummy_hcd sell afterwards; "
      + "so does a reader whose port alone was asleep"
  }

  /// A port that the kernel has put to sleep, because nobody had its device, is woken by the terminal.
  private func wakesPort(_ socket: String, reader gadget: GadgetDevice) async throws {
    try stopTerminal()
    guard let device = try sysfsFolder(of: socket) else {
      throw LaboratoryError.broken("\(socket) is empty")
    }
    try shell("echo 0 >\(device)/power/autosuspend_delay_ms && echo auto >\(device)/power/control")
    let status = { try self.shell("cat \(device)/power/runtime_status") }
    try await until("\(socket): asleep", within: .seconds(20)) {
      try status() == "suspended"
    }
    try startTerminal()
    try await waitUntilReady(socket)
    guard try status() == "active" else { throw LaboratoryError.broken("\(socket) sleeps") }
    let diner = nextDiner()
    _ = try await sale(of: diner, showing: { gadget.show(.card(diner.virtualCard)) }) {
      gadget.takeAway()
    }
  }

  func staysFlat() async throws -> String {
    let gadget = try makeGadget("flat", at: 1)
    defer { gadget.remove() }
    let pid = try terminalPID
    var footprints: [ReaderStorm.Footprint] = []
    for cycle in 1...50 {
      try gadget.plug()
      try await waitUntilReady(Socket.dummy(1))
      gadget.unplug()
      try await until("it is away", within: .seconds(20)) {
        await reader(in: Socket.dummy(1))?.state != "ready"
      }
      if cycle.isMultiple(of: 5), cycle >= 10 { footprints.append(.of(pid)) }
    }
    let words =
      footprints.map { "\($0.residentKiB)" }.joined(separator: " ") + " KiB, "
      + footprints.map { "\($0.descriptors)" }.joined(separator: " ") + " descriptors"
    // What leaks grows all the time; what others need at once, who plug readers, too, comes in a few leaps.
    let steps = Array(zip(footprints, footprints.dropFirst()))
    let grown = steps.count { $1.residentKiB > $0.residentKiB + 100 }
    let opened = steps.count { $1.descriptors > $0.descriptors + 2 }
    guard 2 * grown <= steps.count, 2 * opened <= steps.count else {
      throw LaboratoryError.broken(words)
    }
    return words
  }
}
