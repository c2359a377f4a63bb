import CanteenModel
import Readers
import VirtualReaders
import VirtualTime

/// What the readers promise, tried on the counter in virtual time by somebody who would like to eat for
/// nothing, and by devices that fail.
package enum ReaderTrial: String, CaseIterable, Sendable {
  /// Photographs, closed eyes, strangers, and a module that knows everybody pay for nobody.
  case impostors
  /// A code that stops in its middle is none, and the next one is whole.
  case pieces
  /// A card that lies on the reader is presented once, however often the cable is pulled.
  case forgottenCard
  /// A card that lay there when the process began may not be charged.
  case cardAtStart
  /// A device that fails at every exchange is parked, with a reason, and another one works.
  case brokenReader
  /// A reader that the kernel took from us works again, although nobody plugged it in anew.
  case takenReader

  private static let port = "1-2"

  /// What is not as promised, in words; nothing when all is.
  package func findings() -> [String] {
    switch self {
    case .impostors: Self.impostors("fm225-ch340", hasDemo: true) + Self.impostors("tx510-ch340")
    case .pieces: Self.pieces("fm430-pos") + Self.pieces("fm430-cdc")
    case .forgottenCard: Self.forgottenCard()
    case .cardAtStart: Self.cardAtStart()
    case .brokenReader: Self.brokenReader()
    case .takenReader: Specimen.usable.flatMap(Self.takenReader)
    }
  }

  private static func counter<Value: Sendable>(
    _ specimen: Specimen, _ script: @escaping @Sendable (VirtualCounter) async -> Value
  ) -> Value {
    VirtualCounter.run(plan: specimen.plan(port: port)) { counter in
      await counter.supervisor.seek(true, lane: LaneID(1))
      return await script(counter)
    }
  }

  private static func specimen(_ name: String) -> Specimen {
    guard let specimen = Specimen.named(name) else {
      preconditionFailure("no specimen is called \(name)")
    }
    return specimen
  }

  private static func impostors(_ name: String, hasDemo: Bool = false) -> [String] {
    let specimen = specimen(name)
    return counter(specimen) { counter in
      let device = counter.bus.plug(specimen.make(), port: port)
      await counter.pass(.seconds(6))
      for face in [VirtualFace.photo(5), .asleep(5), .stranger] {
        device.show(face)
        await counter.pass(.seconds(2))
        device.takeAway()
        await counter.pass(.seconds(23))
      }
      if hasDemo {
        device.setDemo(true)
        device.show(.person(5))
        await counter.pass(.seconds(2))
        device.takeAway()
        await counter.pass(.seconds(23))
        device.setDemo(false)
      }
      let taken = counter.presented
      device.show(.person(5))
      await counter.pass(.seconds(2))
      var findings = taken.map { "\(name): presented \(Self.words($0))" }
      if counter.presented.last != .face(user: 5) { findings.append("\(name): user 5 was refused") }
      return findings
    }
  }

  private static func pieces(_ name: String) -> [String] {
    let specimen = specimen(name)
    return counter(specimen) { counter in
      let device = counter.bus.plug(specimen.make(), port: port)
      await counter.pass(.seconds(2))
      device.disturbScan(.cutOff(afterReports: 1))
      device.show(.code([UInt8](repeating: UInt8(ascii: "7"), count: 120)))
      await counter.pass(.seconds(3))
      var findings = counter.presented.map { "\(name): of a piece, presented \(Self.words($0))" }
      device.show(.code(Array("whole".utf8)))
      await counter.pass(.seconds(1))
      guard case .code(let code)? = counter.presented.last, code.bytes == Array("whole".utf8) else {
        return findings + ["\(name): the next code was lost"]
      }
      if !counter.events.contains(.unreadable(ReaderID(port: port), .brokenCode)) {
        findings.append("\(name): nobody said that the code was broken")
      }
      return findings
    }
  }

  private static func words(_ evidence: Evidence) -> String {
    switch evidence {
    case .card(let serial, _): "card \(Hexadecimal.text(serial))"
    case .code(let code): "a code of \(code.bytes.count) bytes"
    case .face(let user): "user \(user)"
    }
  }

  private static func forgottenCard() -> [String] {
    counter(specimen("acr122u")) { counter in
      let card = VirtualCard(serial: [1, 2, 3, 4])
      let first = counter.bus.plug(CCIDReaderModel(hardware: .acr122u), port: port)
      await counter.pass(.seconds(3))
      first.show(.card(card))
      await counter.pass(.seconds(1))
      for _ in 0..<5 {
        counter.bus.unplug(port: port)
        await counter.pass(.seconds(1))
        var model = CCIDReaderModel(hardware: .acr122u)
        _ = model.place(card)
        counter.bus.plug(model, port: port)
        await counter.pass(.seconds(3))
      }
      let times = counter.presented.count
      return times == 1 ? [] : ["a card that never moved was presented \(times) times"]
    }
  }

  private static func cardAtStart() -> [String] {
    counter(specimen("acr122u")) { counter in
      var model = CCIDReaderModel(hardware: .acr122u)
      _ = model.place(VirtualCard(serial: [1, 2, 3, 4]))
      counter.bus.plug(model, port: port)
      await counter.pass(.seconds(3))
      let mayCharge = counter.events.contains {
        if case .presented(let presentation, _) = $0 {
          !presentation.wasThereAtStart
        } else {
          false
        }
      }
      return mayCharge ? ["a card that lay there at the start would be charged"] : []
    }
  }

  private static func takenReader(_ specimen: Specimen) -> [String] {
    counter(specimen) { counter in
      let device = counter.bus.plug(specimen.make(), port: port)
      await counter.pass(.seconds(6))
      device.takeFromPrograms()
      await counter.pass(.seconds(6))
      device.show(specimen.showings[0])
      await counter.pass(.seconds(1))
      let word = await counter.supervisor.states().first?.word
      if word != "ready" { return ["\(specimen.name) is \(word ?? "not there")"] }
      return counter.presented.count == 1
        ? [] : ["\(specimen.name): presented \(counter.presented.count) times"]
    }
  }

  private static func brokenReader() -> [String] {
    counter(specimen("acr122u")) { counter in
      var broken = CCIDReaderModel(hardware: .acr122u)
      for _ in 0..<1000 { broken.inject(.garbage) }
      let device = counter.bus.plug(broken, port: port)
      await counter.pass(.seconds(1200))
      let state = await counter.supervisor.states().first
      var findings: [String] = []
      if state?.word != "parked" || state?.reason == nil {
        findings.append("it is \(state?.word ?? "gone") after \(device.resets) resets")
      }
      counter.bus.unplug(port: port)
      await counter.pass(.seconds(1))
      counter.bus.plug(CCIDReaderModel(hardware: .acr122u), port: port)
      await counter.pass(.seconds(5))
      let word = await counter.supervisor.states().first?.word
      if word != "ready" { findings.append("the next reader is \(word ?? "not there")") }
      return findings
    }
  }
}

#if SEEDED_BUGS
  extension SeededReaderBug {
    /// Who must find it.
    package var finder: ReaderTrial {
      switch self {
      case .deadFaceIsTaken, .demoUserIsTaken: .impostors
      case .piecesAreCodes: .pieces
      case .cardsAreForgotten: .forgottenCard
      case .startIsForgotten: .cardAtStart
      case .resetForEver: .brokenReader
      case .takenIsGone: .takenReader
      }
    }
  }

  extension ReaderTrial {
    /// Plants each known bug of the drivers in turn.
    ///
    /// - Parameter say: Is told what was found.
    /// - Returns: How many bugs were missed.
    package static func findBugs(say: (String) -> Void) -> Int {
      var missed = 0
      for bug in SeededReaderBug.allCases {
        let findings = SeededReaderBug.$planted.withValue(bug) { bug.finder.findings() }
        if findings.isEmpty { missed += 1 }
        say("\(bug.rawValue): \(bug.finder.rawValue): \(findings.first ?? "NOT FOUND")")
      }
      return missed
    }
  }
#endif
