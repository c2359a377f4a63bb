import CanteenModel
import Readers
import Synchronization
import Testing
import VirtualReaders

/// What operators ask of a module, and what becomes of modules that misbehave.
@Suite(
  .serialized, .enabled(if: VirtualBus.isUnderPreload, needsPreload), .timeLimit(.minutes(3)))
struct FaceOrderTests {
  @Test("a face is learnt from five views, with progress, while a recognition waits")
  func enrol() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [1: "li"]), .cp2102)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      try bench.bus.show(.stranger, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == .unreadable(Bench.reader, .unknownFace))
      let steps = Mutex<[FaceProgress]>([])
      let name = try #require(FaceName("张三"))
      let answer = await bench.supervisor.face(
        .enrol(name, fromFiveViews: true), on: Bench.reader
      ) { step in steps.withLock { $0.append(step) } }
      #expect(answer == .enrolled(user: 2))
      #expect(
        steps.withLock { $0 }
          == FaceDirection.allCases.flatMap { [FaceProgress.look($0), .taken($0)] })
      // The recognition goes on with the face that was learnt.
      #expect(await bench.nextBesideGuidance() == .removed(Bench.reader))
      #expect(await bench.nextBesideGuidance() == presented(user: 2))
    }
  }

  @Test("users are listed, described and deleted, and an unknown one is refused in words")
  func users() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [1: "li", 300: "zhang"]), .cp2102)
      await bench.ready()
      func ask(_ order: FaceOrder) async -> FaceAnswer {
        await bench.supervisor.face(order, on: Bench.reader)
      }
      #expect(await ask(.list) == .users([1, 300]))
      #expect(
        await ask(.describe(user: 300))
          == .described(user: 300, name: "zhang", isAdministrator: false))
      #expect(await ask(.describe(user: 2)) == .refused("unknown user"))
      #expect(await ask(.delete(user: 2)) == .refused("unknown user"))
      #expect(await ask(.delete(user: 300)) == .done)
      #expect(await ask(.list) == .users([1]))
      #expect(await ask(.deleteAll) == .done)
      #expect(await ask(.list) == .users([]))
      #expect(await ask(.status) == .status(.idle))
      #expect(await ask(.version) == .version("V1.2.3"))
    }
  }

  @Test(
    "a face that cannot be learnt is refused in words",
    arguments: [
      (.photo(1), "not a living face"), (.person(1), "this face is already enrolled"),
      (nil, "no face in time"),
    ] as [(VirtualFace?, String)])
  func refused(face: VirtualFace?, words: String) async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [1: "li"]), .cp2102)
      await bench.ready()
      try bench.bus.show(face, port: Bench.port)
      let name = try #require(FaceName("x"))
      for fromFiveViews in [true, false] {
        let order = FaceOrder.enrol(name, fromFiveViews: fromFiveViews)
        #expect(await bench.supervisor.face(order, on: Bench.reader) == .refused(words))
      }
    }
  }

  @Test("a TX510 learns, lists and deletes, and says what it has no function for")
  func tx510() async throws {
    try await Bench.withFaceModule(FaceSettings(family: .tx510)) { bench in
      try bench.plug(FaceModuleBPeripheral(users: [0]), .cp2102)
      await bench.ready()
      try bench.bus.show(.stranger, port: Bench.port)
      func ask(_ order: FaceOrder) async -> FaceAnswer {
        await bench.supervisor.face(order, on: Bench.reader)
      }
      let name = try #require(FaceName("x"))
      #expect(await ask(.enrol(name, fromFiveViews: false)) == .enrolled(user: 1))
      #expect(await ask(.list) == .users([0, 1]))
      #expect(await ask(.delete(user: 0)) == .done)
      #expect(await ask(.version) == .version("TX510 V1.0"))
      let missing = FaceAnswer.refused("this kind of module has no such function")
      #expect(await ask(.enrol(name, fromFiveViews: true)) == missing)
      #expect(await ask(.status) == missing)
      #expect(await ask(.describe(user: 1)) == missing)
    }
  }

  @Test("an order to what is no face module, or nowhere, is answered at once")
  func elsewhere() async throws {
    try await Bench.with { bench in
      await bench.ready()
      #expect(await bench.supervisor.face(.list, on: Bench.reader) == .unsupported)
      #expect(await bench.supervisor.face(.list, on: ReaderID(port: "1-9")) == .readerAway)
    }
  }

  @Test(
    "an answer that is lost, spoilt or cut in half at the start is asked for again",
    arguments: [FaceFault.mute, .garbage, .wrongChecksum, .half, .rejected])
  func spoiltStart(fault: FaceFault) async throws {
    try await Bench.withFaceModule { bench in
      var module = FaceModuleAPeripheral(users: [5: "zhang"])
      _ = module.inject(fault)
      try bench.plug(module, .cp2102)
      await bench.ready()
      try bench.bus.spoil(.garbage, port: Bench.port)
      await bench.supervisor.seek(true, lane: Bench.lane)
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
    }
  }

  @Test("a recognition that is refused three times in a row takes the reader away, and it recovers")
  func busy() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .cp2102)
      await bench.ready()
      try bench.bus.show(face: 5, port: Bench.port)
      // Between two refusals the module is reset, and says yes to that.
      for _ in 0..<5 { try bench.bus.spoil(.rejected, port: Bench.port) }
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(
        await bench.nextBesideGuidance()
          == .away(Bench.reader, .failed("it does not begin a recognition")))
      await bench.ready()
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
    }
  }

  @Test("a module that falls silent is away, and back when it speaks again")
  func mute() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .cp2102)
      await bench.ready()
      await bench.supervisor.seek(true, lane: Bench.lane)
      #expect(await bench.next() == .guidance(Bench.reader, .noFace))
      try bench.bus.act(on: FaceModuleAPeripheral.self, port: Bench.port) {
        $0.isMute = true
        return []
      }
      #expect(await bench.supervisor.face(.status, on: Bench.reader) == .readerAway)
      #expect(await bench.next() == .away(Bench.reader, .failed("the module does not answer")))
      try bench.bus.act(on: FaceModuleAPeripheral.self, port: Bench.port) {
        $0.isMute = false
        return []
      }
      await bench.ready()
      try bench.bus.show(face: 5, port: Bench.port)
      #expect(await bench.nextBesideGuidance() == presented(user: 5))
      #expect(try bench.bus.resets(port: Bench.port) >= 1)
    }
  }

  @Test("a module that starts anew by itself is set up anew")
  func restarted() async throws {
    try await Bench.withFaceModule { bench in
      try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .cp2102)
      await bench.ready()
      try bench.bus.act(on: FaceModuleAPeripheral.self, port: Bench.port) { $0.restart() }
      #expect(
        await bench.next()
          == .away(Bench.reader, .failed("the module started anew by itself")))
      await bench.ready()
    }
  }

  @Test("a module that is pulled in the middle of a frame leaves nothing behind")
  func unplugged() async throws {
    try await Bench.withFaceModule { bench in
      await bench.supervisor.seek(true, lane: Bench.lane)
      for _ in 0..<3 {
        try bench.plug(FaceModuleAPeripheral(users: [5: "zhang"]), .cp2102)
        await bench.ready()
        #expect(await bench.next() == .guidance(Bench.reader, .noFace))
        try bench.bus.spoil(.half, port: Bench.port)
        try bench.bus.show(face: 5, port: Bench.port)
        try bench.bus.unplug(port: Bench.port)
        #expect(await bench.nextBesideGuidance() == .away(Bench.reader, .unplugged))
      }
      try bench.plug(FaceModuleAPeripheral(users: [6: "li"]), .cp2102)
      try bench.bus.show(face: 6, port: Bench.port)
      await bench.ready()
      #expect(await bench.nextBesideGuidance() == presented(user: 6))
    }
  }

  @Test("a module at another rate than the settings say is away with both named")
  func wrongRate() async throws {
    try await Bench.withFaceModule(FaceSettings(baud: 9600)) { bench in
      try bench.plug(FaceModuleAPeripheral(), .cp2102)
      #expect(
        await bench.next()
          == .away(Bench.reader, .failed("no fm22x module answers at 9600 baud")))
    }
  }

  @Test(
    "a rate that the bridge cannot make, and an encryption that the family has not, are refused")
  func impossible() async throws {
    try await Bench.withFaceModule(FaceSettings(baud: 1_500_000)) { bench in
      try bench.plug(FaceModuleAPeripheral(), .cp2102)
      #expect(
        await bench.next()
          == .away(Bench.reader, .refused("its serial bridge cannot make 1500000 baud")))
    }
    try await Bench.withFaceModule(FaceSettings(family: .tx510, isEncrypted: true)) { bench in
      try bench.plug(FaceModuleAPeripheral(), .cp2102)
      #expect(
        await bench.next() == .away(Bench.reader, .refused("a tx510 module has no encryption")))
    }
  }
}
