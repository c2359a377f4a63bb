import CanteenModel
import Logging
import USBTransport

/// One life of a face module: from the claim of its line until it fails or is cancelled.
///
/// A face is looked for only while the lane wants one: round after round, each with its end. Whoever stands
/// there is presented once, until another result, a round with nobody, a second without a face, or a new
/// want.
struct FaceSession: ReaderSession {
  /// For an answer that comes at once.
  static let answerTime = Duration.seconds(1)
  /// A module that was just plugged in may need as many seconds to start.
  static let startTries = 5
  /// How long a round lasts with nobody there, and how much later than that a module may say so.
  static let roundSeconds: UInt8 = 20
  static let roundGrace = Duration.seconds(2)
  /// Between two rounds with somebody there, who knows the result already.
  static let roundPause = Duration.milliseconds(500)
  /// After a reset of the module.
  static let resetPause = Duration.milliseconds(100)
  /// Notes that say "no face" for so long are as good as a round with nobody.
  static let absence = Duration.seconds(1)
  /// So many rounds in a row that did not take place end the session.
  static let failedRounds = 3
  /// A frame that does not go on for so long is none.
  static let framePatience = Duration.milliseconds(200)
  /// However much a module says, a wait ends this long after its end.
  static let floodGrace = Duration.seconds(1)
  /// Who is recognised so soon after the port was first seen may have stood there when the process began.
  static let startingTime = Duration.seconds(5)

  /// What a wait brought.
  enum Heard: Sendable {
    case message(FaceMessage)
    /// What was waited for is not wanted any more, or an order comes first.
    case interrupted
    case late
  }

  let context: SessionContext
  let settings: FaceSettings
  let line: SerialLine
  let outlet: FaceOutlet
  /// By the readers' clock: when the port was first seen by this process.
  private let portBegan: Duration
  var parser: FaceFrameParser
  private var messages: [FaceMessage] = []
  private var lastByteAt = Duration.zero
  var isStarted = false
  private var isEager = false
  /// The module was told to look for a face and has not answered yet.
  private var isRecognising = false
  private var failures = 0
  private var told: (want: Int, verdict: FaceVerdict)?
  private var lastGuidance: FaceGuidance?
  private var noFaceSince: Duration?

  init(
    _ context: SessionContext, settings: FaceSettings, line: SerialLine, outlet: FaceOutlet,
    portBegan: Duration
  ) {
    self.context = context
    self.settings = settings
    self.line = line
    self.outlet = outlet
    self.portBegan = portBegan
    parser = FaceFrameParser(framing: settings.family.framing)
  }

  var family: FaceFamily { settings.family }

  /// Sets the line and the module up, then serves wants and orders.
  ///
  /// - Precondition: ``FaceOutlet/pump(_:)`` runs beside it as soon as ``prepare()`` has returned.
  mutating func run() async -> SessionEnd {
    do throws(FaceFailure) {
      try await start()
      await context.report(.ready(.none))
      while true {
        if let ticket = outlet.takeOrder() {
          try await carryOut(ticket)
        } else if outlet.wish.want == nil {
          try await rest()
        } else {
          try await look()
        }
      }
    } catch {
      switch error {
      case .transport(.cancelled): return .cancelled
      case .transport(let failure): return .transport(failure)
      case .broken(let reason): return .broken(reason)
      }
    }
  }

  /// Sets the line. What the bridge kept from before is thrown away.
  ///
  /// - Returns: How the session ended already; `nil` when it goes on.
  func prepare() async -> SessionEnd? {
    do throws(USBError) {
      try await line.setUp()
      return nil
    } catch {
      return error == .cancelled ? .cancelled : .transport(error)
    }
  }

  /// Nobody is looked for: the module is let alone, and nothing wakes us but bytes.
  private mutating func rest() async throws(FaceFailure) {
    await leave()
    lastGuidance = nil
    try await setEager(false)
    _ = try await hear(until: nil) { $0.want == nil && !$0.hasOrder }
  }

  private mutating func setEager(_ isEager: Bool) async throws(FaceFailure) {
    guard isEager != self.isEager else { return }
    self.isEager = isEager
    do throws(USBError) {
      try await line.setEager(isEager)
    } catch {
      throw .transport(error)
    }
  }
}

/// Why a session cannot go on.
enum FaceFailure: Error, Equatable {
  case transport(USBError)
  /// The reason is for people.
  case broken(String)
}

// MARK: - Talking

extension FaceSession {
  mutating func send(_ command: FaceCommand) async throws(FaceFailure) {
    guard let frame = command.frame(family) else { return }
    do throws(USBError) {
      try await line.write(frame.bytes(parser.framing))
    } catch {
      throw .transport(error)
    }
  }

  /// The next thing that the module says.
  ///
  /// - Parameter goesOn: Asked before anything else; when it says no, what the module said waits.
  mutating func hear(
    until deadline: Duration?, while goesOn: (FaceOutlet.Wish) -> Bool = { _ in true }
  ) async throws(FaceFailure) -> Heard {
    while true {
      if Task.isCancelled { throw .transport(.cancelled) }
      let news = outlet.takeNews()
      let now = context.clock.now
      if !news.bytes.isEmpty {
        lastByteAt = now
        take(parser.append(news.bytes))
      }
      guard goesOn(news.wish) else { return .interrupted }
      if let deadline, now >= deadline + Self.floodGrace { return .late }
      if !messages.isEmpty {
        let message = messages.removeFirst()
        if isStarted, message == .ready { throw .broken("the module started anew by itself") }
        return .message(message)
      }
      if let failure = news.failure { throw .transport(failure) }
      if parser.isInFrame, now >= lastByteAt + Self.framePatience {
        take(parser.giveUp())
        continue
      }
      if let deadline, now >= deadline { return .late }
      let alarm = parser.isInFrame ? lastByteAt + Self.framePatience : nil
      await outlet.wait(until: [deadline, alarm].compactMap(\.self).min(), context.clock)
    }
  }

  private mutating func take(_ frames: [FaceFrame]) {
    messages += frames.map(FaceMessage.init)
  }

  /// A command and its answer.
  ///
  /// - Returns: `nil` when none came in time, or the family has no such command.
  mutating func ask(
    _ command: FaceCommand, within time: Duration = answerTime
  ) async throws(FaceFailure) -> (result: FaceResult, payload: [UInt8])? {
    guard let id = command.id(family) else { return nil }
    try await send(command)
    return try await reply(to: id, within: time)
  }

  mutating func reply(
    to id: UInt8, within time: Duration
  ) async throws(FaceFailure) -> (result: FaceResult, payload: [UInt8])? {
    let deadline = context.clock.now + time
    while true {
      switch try await hear(until: deadline) {
      case .message(.reply(id, let result, let payload)): return (result, payload)
      case .message(.face(let position)): await guide(position)
      case .message: continue
      case .interrupted, .late: return nil
      }
    }
  }

  /// Hears nothing of what is said for a while.
  mutating func ignore(for time: Duration) async throws(FaceFailure) {
    let deadline = context.clock.now + time
    while case .message = try await hear(until: deadline) {}
  }
}

// MARK: - Looking for a face

extension FaceSession {
  /// One round.
  private mutating func look() async throws(FaceFailure) {
    try await setEager(true)
    let command = FaceCommand.verify(seconds: Self.roundSeconds)
    if !isRecognising {
      try await send(command)
      isRecognising = true
    }
    let deadline = context.clock.now + .seconds(Self.roundSeconds) + Self.roundGrace
    while true {
      switch try await hear(until: deadline, while: { $0.want != nil && !$0.hasOrder }) {
      case .message(.face(let position)): await guide(position)
      case .message(.reply(let id, let result, let payload)) where id == command.id(family):
        isRecognising = false
        try await conclude(FaceVerdict(result, payload: payload, family))
        return
      case .message: continue
      case .interrupted:
        try await abandon()
        return
      case .late:
        // A module that still answers has only kept quiet about a round with nobody.
        isRecognising = false
        try await prove()
        await leave()
        return
      }
    }
  }

  /// Stops a round. A TX510 cannot be stopped: its answer is dropped, unless a face is wanted again by then.
  mutating func abandon() async throws(FaceFailure) {
    guard family == .fm22x else { return }
    isRecognising = false
    try await prove()
  }

  /// Waits for the end of a round that cannot be stopped.
  mutating func settle() async throws(FaceFailure) {
    guard isRecognising, let id = FaceCommand.verify(seconds: 0).id(family) else { return }
    isRecognising = false
    _ = try await reply(to: id, within: .seconds(Self.roundSeconds) + Self.roundGrace)
  }

  /// Asks for a sign of life, twice: a module that can be stopped is stopped.
  private mutating func prove() async throws(FaceFailure) {
    for _ in 0..<2 {
      let command = family == .fm22x ? FaceCommand.reset : .version
      if try await ask(command) != nil { return }
    }
    throw .broken("the module does not answer")
  }

  private mutating func conclude(_ verdict: FaceVerdict) async throws(FaceFailure) {
    switch verdict {
    case .person, .unreadable:
      failures = 0
      await tell(verdict)
      try await pause(Self.roundPause)
    case .nobody:
      failures = 0
      await leave()
    case .refused, .failed:
      failures += 1
      guard failures < Self.failedRounds else {
        let refused = "it does not begin a recognition"
        if case .failed(let reason) = verdict { throw .broken(reason) }
        throw .broken(refused)
      }
      try await abandon()
      try await pause(Self.roundPause)
    }
  }

  /// Tells who stands there, unless it was told in the same want.
  private mutating func tell(_ verdict: FaceVerdict) async {
    guard let want = outlet.wish.want else { return }
    if let told, told.want == want, told.verdict == verdict { return }
    await leave()
    switch verdict {
    case .person(let user):
      let isEarly = context.clock.now < portBegan + Self.startingTime
      await context.report(.shown(.face(user: user), wasThereAtStart: isEarly))
    case .unreadable(let reason): await context.report(.unreadable(reason))
    case .nobody, .refused, .failed: return
    }
    told = (want, verdict)
  }

  /// Nobody stands there any more, or somebody else does.
  private mutating func leave() async {
    guard told != nil else { return }
    told = nil
    await context.report(.removed)
  }

  private mutating func pause(_ time: Duration) async throws(FaceFailure) {
    let deadline = context.clock.now + time
    let want = outlet.wish.want
    while case .message = try await hear(
      until: deadline, while: { $0.want == want && !$0.hasOrder })
    {}
  }

  /// Says what the person must do, when it changes.
  mutating func guide(_ position: FacePosition) async {
    guard let guidance = position.guidance else { return }
    if guidance == .noFace {
      let since = noFaceSince ?? context.clock.now
      noFaceSince = since
      if context.clock.now - since >= Self.absence { await leave() }
    } else {
      noFaceSince = nil
    }
    guard guidance != lastGuidance else { return }
    lastGuidance = guidance
    await context.report(.guidance(guidance))
  }
}
