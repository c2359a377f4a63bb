import Foundation
import VirtualReaders

extension Guest {
  /// What an idle process costs.
  private struct Idle {
    let wakeUps: Double
    let residentMiB: Double

    init(of pid: pid_t) async throws {
      wakeUps = try await ProcessCost.perSecond(
        of: pid, for: .seconds(4), after: .seconds(1)
      ).wakeUps
      residentMiB = Double(ReaderStorm.Footprint.of(pid).residentKiB) / 1024
    }
  }

  /// The card reader behind FunctionFS, driven by ours and by pcscd.
  func comparesWithPCSCD() async throws -> String {
    try stopTerminal()
    try usbip.hangUp(port: Self.cardID)
    let gadget = try makeGadget()
    defer { gadget.remove() }
    try gadget.plug()
    var idle: Idle?
    let (ours, theirs) = try await PeerComparison(gadget: gadget, socket: Socket.dummy(0)).run {
      idle = try await Idle(of: $0)
    }
    try order(.addKeyboard(id: "keyboard", port: "1"))
    try order(.face(line: 1, user: nil))
    try order(.addSerial(id: "bridge", port: "2", line: 1))
    try startTerminal()
    for socket in [Socket.dummy(0), Socket.xhci(1), Socket.xhci(2)] {
      try await waitUntilReady(socket)
    }
    let terminal = try await Idle(of: terminalPID)
    try order(.removeAll)
    gadget.unplug()
    try await plugCardReader()
    let figures = [
      BenchFigure(
        .apduP50VsPcscd, ratio: ours.map(\.exchange.p50), theirs.map(\.exchange.p50)),
      BenchFigure(.tapP50VsPcscd, ratio: ours.map(\.tap.p50), theirs.map(\.tap.p50)),
      BenchFigure(.vmIdleWakeupsOfTerminalPerS, terminal.wakeUps),
    ]
    for figure in figures { channel.say(.figure(figure)) }
    let median = { (rounds: [PeerComparison.Round], value: (PeerComparison.Round) -> Double) in
      BenchFigure.median(rounds.map(value)) / 1000
    }
    let row = { (name: String, rounds: [PeerComparison.Round], idle: Idle?) in
      String(
        format: "%@ APDU %.2f ms, tap %.1f ms, idle %.1f wake-ups/s, %.0f MiB", name,
        median(rounds, \.exchange.p50), median(rounds, \.tap.p50), idle?.wakeUps ?? 0,
        idle?.residentMiB ?? 0)
    }
    return row("ours (idle: the whole terminal, three readers)", ours, terminal) + "; "
      + row("pcscd", theirs, idle)
  }
}
