import Foundation
import Readers
import Testing
import VirtualReaders

@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(2)))
struct BusControlTests {
  private let path = NSTemporaryDirectory() + "canteen-\(UUID().uuidString).sock"

  @Test("another process can plug, tap, remove, fault, read the log and unplug")
  func requests() async throws {
    try await VirtualBus.withTurn { bus in
      let control = try BusControl.start(bus: bus, path: path)
      defer { control.stop() }
      _ = try BusControl.ask(.plug(port: "1-2", model: "acr122u"), path: path)
      #expect(bus.ports == ["1-2"])
      let earlier = bus.signalLog.count
      _ = try BusControl.ask(.tap(port: "1-2", serial: "01 02 03 04"), path: path)
      let reply = try BusControl.ask(.log(from: earlier), path: path)
      #expect(reply.entries?.map(\.signal.card) == ["01020304"])
      #expect(reply.entries?.map(\.signal.origin) == [.reader])
      _ = try BusControl.ask(.remove(port: "1-2"), path: path)
      _ = try BusControl.ask(.fault(port: "1-2", fault: "stale=3"), path: path)
      _ = try BusControl.ask(.unplug(port: "1-2"), path: path)
      #expect(bus.ports.isEmpty)
    }
  }

  @Test(
    "a request that cannot be done is refused in words",
    arguments: [
      (BusRequest.tap(port: "1-2", serial: "01"), "nothing is plugged into 1-2"),
      (
        .tap(port: "1-2", serial: "0"),
        "not a request: 0 is not a serial number of 1 to 32 bytes"
      ),
      (.plug(port: "one", model: "acr122u"), "one is not a port such as 1-2 or 1-1.4"),
      (.fault(port: "1-2", fault: "stale=0"), "not a request: there is no fault stale=0"),
    ])
  func refusals(request: BusRequest, reason: String) async throws {
    try await VirtualBus.withTurn { bus in
      let control = try BusControl.start(bus: bus, path: path)
      defer { control.stop() }
      #expect(throws: VirtualReaderError.refused(reason)) {
        try BusControl.ask(request, path: path)
      }
    }
  }

  @Test(
    "a fault by name is the fault that is meant",
    arguments: [
      ("mute", .mute), ("garbage", .garbage), ("short", .shortFrame), ("length", .lengthMismatch),
      ("stall", .stall), ("zero", .zeroPacket), ("partial", .partial),
      ("extension=255", .timeExtension(multiplier: 255, delayMilliseconds: 200)),
      ("extension=256", nil), ("stale=100", .staleSequence(count: 100)), ("stale=101", nil),
      ("failure=FE", .failure(error: 0xFE)), ("failure=100", nil),
      ("unplug=1", .unplug(atTransfer: 1)), ("unplug=0", nil), ("mute=1", nil), ("", nil),
    ] as [(String, ReaderFault?)])
  func faultNames(text: String, fault: ReaderFault?) {
    #expect(ReaderFault(text: text) == fault)
  }
}
