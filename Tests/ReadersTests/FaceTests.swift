import CanteenModel
import Readers
import Testing
import VirtualReaders

/// Face modules on the virtual bus, over Debian's libusb.
@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(3)))
struct FaceTests {
  private func moduleA(_ bench: Bench) throws -> FaceModuleAPeripheral {
    try #require(try bench.bus.peripheral(FaceModuleAPeripheral.self, port: Bench.port))
  }

  @Test(
    "a person who is looked for is presented, over every bridge",
    arguments: SerialBridgeModel.Kind.allCases)
  func bridges(kind: SerialBridgeModel.Kind) async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), kind)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
    }
  }

  @Test(
    "a TX510 presents its users, the first of whom is 0, and declines spoofs",
    arguments: [SerialBridgeModel.Kind.ch340, .ft232r])
  func tx510(kind: SerialBridgeModel.Kind) async throws {
    try await Bench.withFaceModule(FaceSettings(family: .tx510)) { bench in
      try bench.plug(FaceModuleBPeripheral(users: [0, 3]), kind)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      let cases: [(VirtualFace, ReaderEvent)] = [
        (.person(0), presented(user: 0)), (.photo(0), .unreadable(Bench.reader, .notAlive)),
        (.person(3), presented(user: 3)), (.stranger, .unreadable(Bench.reader, .unknownFace)),
      ]
      for (index, (face, event)) in cases.enumerated() {
        try bench.bus.show(face, port: Bench.port)
        if index > 0 { #expect(await bench.nextBesideGuidance() == .removed(Bench.reader)) }
        #expect(await bench.nextBesideGuidance() == event)
      }
    }
  }

  @Test(
    "who is not known, not alive or only a demonstration is never presented",
    arguments: [
      (.photo(5), false, .notAlive), (.asleep(5), false, .notAlive),
      (.stranger, false, .unknownFace),
      (.person(9), false, .unknownFace), (.person(5), true, .unknownFace),
    ] as [(VirtualFace, Bool, Unreadable)])
  func declined(face: VirtualFace, isDemo: Bool, reason: Unreadable) async throws {
    try await Bench.withFaceModule { bench in
      var module = FaceModuleAPeripheral(users: [5: "zhang"])
      module.isDemo = isDemo
      try bench.plug(module, .ch340)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      try bench.bus.show(face, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == .unreadable(Bench.reader, reason))
    }
  }

  @Test("a success without its liveness byte is a decline")
  func cutShort() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .ch340)
      await bench.ready()
      try bench.bus.spoil(.cutShort, port: Bench.port)
      try bench.bus.show(face: 5, port: Bench.port)
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.nextBesideGuidance() == .unreadable(Bench.reader, .notAlive))
    }
  }

  @Test("nobody is looked for, and nothing is asked, while no face is wanted")
  func idle() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .ft232r)
      await bench.ready()
      try bench.bus.show(face: 5, port: Bench.port)
      try await bench.quiet()
      let before = try bench.bus.submittedTransfers(port: Bench.port)
      #expect(try bench.bus.line(port: Bench.port)?.latency == 255)
      try await Task.sleep(for: .seconds(1))
      #expect(try bench.bus.submittedTransfers(port: Bench.port) == before)
      #expect(try moduleA(bench).heard.contains(0x12) == false)
      try bench.bus.show(face: nil, port: Bench.port)
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.next() == .guidance(Bench.reader, .noFace))
      #expect(try moduleA(bench).isLooking)
      #expect(try bench.bus.line(port: Bench.port)?.latency == 8)
      await bench.supervisor.seek(false, lane: Bench.lane)
      while try moduleA(bench).isLooking { try await Task.sleep(for: .milliseconds(5)) }
      while try bench.bus.line(port: Bench.port)?.latency != 255 {
        try await Task.sleep(for: .milliseconds(5))
      }
      // Nobody is presented who comes now.
      try bench.bus.show(face: 5, port: Bench.port)
      try bench.bus.unplug(port: Bench.port)
      #expect(await bench.next() == .away(Bench.reader, .unplugged))
    }
  }

  @Test("who keeps standing there is presented once, until a round with nobody or a new want")
  func once() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang", 6: "li"]), .ch340)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
      // Two more rounds see the same person.
      let rounds = try moduleA(bench).heard.count { $0 == 0x12 }
      while try moduleA(bench).heard.count(where: { $0 == 0x12 }) < rounds + 2 {
        try await Task.sleep(for: .milliseconds(20))
      }
      try bench.bus.show(face: 6, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == .removed(Bench.reader))
      #expect(await bench.nextBesideGuidance() == presented(user: 6))
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.nextBesideGuidance() == .removed(Bench.reader))
      #expect(await bench.nextBesideGuidance() == presented(user: 6))
      try bench.bus.show(face: nil, port: Bench.port)
      while try moduleA(bench).isLooking == false { try await Task.sleep(for: .milliseconds(5)) }
      try bench.bus.timeOutFace(port: Bench.port)
      #expect(await bench.nextBesideGuidance() == .removed(Bench.reader))
      try bench.bus.show(face: 6, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 6))
    }
  }

  @Test("guidance is said when it changes", arguments: [false, true])
  func guidance(hasLongNotes: Bool) async throws {
    try await Bench.withFaceModule { bench in
      var module = FaceModuleAPeripheral()
      module.hasLongNotes = hasLongNotes
      try bench.plug(module, .ch340)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.next() == .guidance(Bench.reader, .noFace))
      for state: UInt8 in [6, 6, 6, 12, 0, 2] {
        try bench.bus.act(on: FaceModuleAPeripheral.self, port: Bench.port) { $0.note(state) }
      }
      #expect(await bench.next() == .guidance(Bench.reader, .comeCloser))
      #expect(await bench.next() == .guidance(Bench.reader, .holdStill))
      #expect(await bench.next() == .guidance(Bench.reader, .moveDown))
    }
  }

  @Test("a face is wanted of a module that comes later, and comes back")
  func later() async throws {
    try await Bench.withFaceModule { bench in
      await bench.supervisor.seek(true, lane: Bench.lane)
      for _ in 0..<2 {
        try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .ch340)
        await bench.ready()
        try bench.bus.show(face: 5, port: Bench.port)
        #expect(await bench.nextBesideGuidance() == presented(user: 5))
        try bench.bus.unplug(port: Bench.port)
        #expect(await bench.nextBesideGuidance() == .away(Bench.reader, .unplugged))
      }
    }
  }

  @Test("frames are enciphered where the settings say so, also when the module still does it")
  func encrypted() async throws {
    try await Bench.withFaceModule(FaceSettings(isEncrypted: true)) { bench in
      var module = FaceModuleAPeripheral(users: [5: "zhang"])
      await bench.supervisor.seek(true, lane: Bench.lane)
      for _ in 0..<2 {
        try bench.plug(module, .ch340)
        await bench.ready()
        try bench.bus.show(face: 5, port: Bench.port)
        #expect(await bench.nextBesideGuidance() == presented(user: 5))
        module = try moduleA(bench)
        #expect(module.isEnciphering)
        try bench.bus.unplug(port: Bench.port)
        #expect(await bench.nextBesideGuidance() == .away(Bench.reader, .unplugged))
      }
    }
  }

  @Test("a module that refuses encryption is away with the reason")
  func refusedEncryption() async throws {
    try await Bench.withFaceModule(FaceSettings(isEncrypted: true)) { bench in
      var module = FaceModuleAPeripheral()
      module.encryptionResult = 5
      try bench.plug(module, .ch340)
      // The refusal is not enciphered, so it is not heard.
      #expect(
        await bench.next()
          == .away(Bench.reader, .failed("no fm22x module answers at 115200 baud")))
    }
  }
}
