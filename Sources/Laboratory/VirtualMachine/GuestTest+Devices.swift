import CanteenModel
import Foundation
import LocalAPI
import VirtualReaders

extension Guest {
  func readsForeignDevices() async throws -> String {
    try channel.order(.addKeyboard(id: "keyboard", port: "1"))
    try await waitUntilReady(Socket.xhci(1))
    let typist = await nextDiner()
    let typed = try await sale(
      of: typist,
      showing: {
        try channel.order(.type("\(typist.code)\n"))
      })
    // What holds the keyboard keeps its keys from every console.
    let inputs = try shell("ls -d /sys/bus/usb/devices/*:1.*/*/input 2>/dev/null || true")
    try channel.order(.face(line: 1, user: nil))
    try channel.order(.addSerial(id: "bridge", port: "2", line: 1))
    try await waitUntilReady(Socket.xhci(2))
    // Whoever stands there at the start is not charged.
    try await Task.sleep(for: .seconds(6))
    let looker = await nextDiner()
    let looked = try await sale(
      of: looker,
      showing: {
        try channel.order(.face(line: 1, user: looker.face))
      })
    try channel.order(.face(line: 1, user: nil))
    for id in ["keyboard", "bridge"] { try channel.order(.remove(id: id)) }
    guard inputs.isEmpty else { throw LaboratoryError.broken("the kernel listens too: \(inputs)") }
    return
      "a code typed: sold after \(typed) ms, nothing to a console; a face behind FTDI: \(looked) ms"
  }

  /// What the readers cost while nobody comes, on a kernel whose transfers are no conversation with umockdev.
  func idles() async throws -> String {
    try channel.order(.addKeyboard(id: "keyboard", port: "1"))
    try channel.order(.face(line: 1, user: nil))
    try channel.order(.addSerial(id: "bridge", port: "2", line: 1))
    for socket in [Socket.vhci(1), Socket.xhci(1), Socket.xhci(2)] {
      try await waitUntilReady(socket)
    }
    let pid = try terminalPID
    let all = try await ProcessCost.perSecond(of: pid, for: .seconds(40))
    for id in ["keyboard", "bridge"] { try channel.order(.remove(id: id)) }
    try usbip.hangUp(port: Self.cardID)
    let rest = try await ProcessCost.perSecond(of: pid, for: .seconds(40))
    try await plugCardReader()
    channel.say(.figure("vm_idle_wakeups_of_readers_per_s", all.wakeUps - rest.wakeUps))
    channel.say(.figure("vm_idle_wakeups_of_terminal_per_s", all.wakeUps))
    return String(
      format: "%.1f wake-ups of threads a second, %.1f without them", all.wakeUps, rest.wakeUps)
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
        try await Patience.until("a sale of diner \(diner.account)", within: .seconds(8)) {
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
    let places = ["3 scanner \(Socket.xhci(3))", "4 scanner \(Socket.xhci(4))"]
    try settings(Self.usualReaders + places)
    var lanes: [[LaneID?]] = []
    // As after a reboot in which the other one was found first.
    for order in [[0, 1], [1, 0]] {
      try stopTerminal()
      for number in order {
        try channel.order(.addSerial(id: "twin\(number)", port: "\(3 + number)", line: number))
        try await Task.sleep(for: .milliseconds(500))
      }
      try startTerminal()
      for socket in [3, 4] { try await waitUntilReady(Socket.xhci(socket)) }
      var found: [LaneID?] = []
      for number in [0, 1] {
        let diner = await nextDiner()
        _ = try await sale(
          of: diner,
          showing: {
            try channel.order(.say(line: number, Array("\(diner.code)\r".utf8)))
          })
        found.append(
          try await terminal.journal(limit: 5).first { $0.account == AccountID(diner.account) }?
            .lane)
      }
      lanes.append(found)
      for number in order { try channel.order(.remove(id: "twin\(number)")) }
    }
    try stopTerminal()
    try settings(Self.usualReaders)
    try startTerminal()
    guard lanes == [[LaneID(3), LaneID(4)], [LaneID(3), LaneID(4)]] else {
      throw LaboratoryError.broken("lanes \(lanes)")
    }
    return "lanes 3 and 4, whichever comes first"
  }

  func survivesSuspend() async throws -> String {
    // vhci-hcd refuses to be suspended with a device.
    try usbip.hangUp(port: Self.cardID)
    let gadget = try makeGadget()
    defer { gadget.remove() }
    try gadget.plug()
    try channel.order(.addKeyboard(id: "keyboard", port: "1"))
    for socket in [Socket.dummy, Socket.xhci(1)] { try await waitUntilReady(socket) }
    let before = try shell("journalctl -k --no-pager | grep -c 'PM: suspend exit' || true")
    try shell("echo devices >/sys/power/pm_test && echo freeze >/sys/power/state")
    try shell("echo none >/sys/power/pm_test")
    let after = try shell("journalctl -k --no-pager | grep -c 'PM: suspend exit' || true")
    for socket in [Socket.dummy, Socket.xhci(1)] { try await waitUntilReady(socket) }
    let diner = await nextDiner()
    _ = try await sale(of: diner, showing: { try channel.order(.type("\(diner.code)\n")) })
    let holder = await nextDiner()
    _ = try await sale(of: holder, showing: { gadget.show(.card(holder.virtualCard)) }) {
      gadget.takeAway()
    }
    try channel.order(.remove(id: "keyboard"))
    guard before != after else { throw LaboratoryError.broken("nothing was suspended") }
    return "a keyboard on xHCI and a card reader on dummy_hcd sell afterwards"
  }

  func staysFlat() async throws -> String {
    let gadget = try makeGadget()
    defer { gadget.remove() }
    let pid = try terminalPID
    var early = ReaderStorm.Footprint()
    for cycle in 1...50 {
      try gadget.plug()
      try await waitUntilReady(Socket.dummy)
      gadget.unplug()
      try await Patience.until("it is away", within: .seconds(20)) {
        await reader(in: Socket.dummy)?.state != "ready"
      }
      if cycle == 10 { early = .of(pid) }
    }
    let late = ReaderStorm.Footprint.of(pid)
    let grown = late.residentKiB - early.residentKiB
    let words =
      "\(early.residentKiB) to \(late.residentKiB) KiB, "
      + "\(early.descriptors) to \(late.descriptors) descriptors"
    guard grown <= 1024, late.descriptors <= early.descriptors else {
      throw LaboratoryError.broken(words)
    }
    return words
  }
}
