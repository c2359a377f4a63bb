import CanteenModel
import Logging
import USBTransport

/// One life of a reader: from the claim of its interface until it fails or is cancelled.
///
/// The session sleeps until its mailbox wakes it: by a notice of the reader, by a signal to show,
/// or, for a reader without usable notices only, by the clock. A notice is never believed: it only
/// makes the session ask for the slot's state.
///
/// There is no slow check beside working notices. A lost "card came" makes the diner tap again; a
/// lost "card went" is made good by the next card, which is then found unpowered. Neither costs
/// money, and a check would wake an idle terminal for ever.
///
/// What was told about the card is in ``CardMemory``, not here: a card that lies there while the
/// reader is reset or loses power is not presented again.
struct CardReaderSession: ReaderSession {
  private enum Slot {
    case empty
    /// A card that was powered on. Finding it unpowered may mean that it is another one.
    case powered
    /// It did not answer to power on. It counts as mute when no retry is left.
    case mute(retriesLeft: Int)
  }

  /// As many times more a mute card is powered on, ``muteRetryPause`` apart; then only after a
  /// notice. A card that is still moving towards the reader needs them.
  private static let muteRetries = 3
  private static let muteRetryPause = Duration.milliseconds(150)
  /// A reader looks for cards at most this long after its start (ACR122U: every 250 or 500 ms).
  /// Until then an empty slot is no proof that the card of the last session was taken away, nor that
  /// none lay there when the process started.
  private static let settlingTime = Duration.seconds(1)

  private let context: SessionContext
  private let quirks: CardReaderQuirks
  private let activatesByItself: Bool
  private let mailbox: CardReaderMailbox
  private let memory: CardMemory
  private var channel: CardReaderChannel
  private var slot = Slot.empty
  /// The card in the slot was told of, so its removal must be.
  private var isTold = false
  private var lightsAreOn = false
  private var settledAt: Duration

  init(
    _ context: SessionContext, layout: CardReaderLayout, quirks: CardReaderQuirks,
    mailbox: CardReaderMailbox, memory: CardMemory
  ) {
    self.context = context
    self.mailbox = mailbox
    self.memory = memory
    self.quirks = quirks
    self.activatesByItself = layout.functional.features.contains(.automaticActivation)
    self.channel = CardReaderChannel(
      pipes: context.pipes, clock: context.clock, layout: layout,
      needsZeroPacket: quirks.needsZeroPacket)
    self.settledAt = context.clock.now
  }

  /// Sets the reader up, then serves the mailbox.
  mutating func run() async -> SessionEnd {
    do throws(CardReaderError) {
      let card = try await channel.cardState(timeout: CardReaderChannel.firstWait)
      settledAt = context.clock.now + Self.settlingTime
      let noises = try await silence()
      try await beginDark(card)
      await context.report(.ready(noises))
      try await look(.poll)
      while let wake = await mailbox.next() {
        switch wake {
        case .check(let check): try await look(check)
        case .signal(let order): try await show(order)
        }
      }
      return .cancelled
    } catch {
      switch error {
      case .transport(.cancelled): return .cancelled
      case .transport(let failure): return .transport(failure)
      case .broken(let reason): return .broken(reason)
      case .refused(let failure): return .broken("the reader refused: \(failure)")
      }
    }
  }

  /// Switches the reader's own noises off, so that the diner hears our answer and nothing else.
  private mutating func silence() async throws(CardReaderError) -> OwnNoises {
    let noises: OwnNoises
    switch quirks.silencing {
    case nil: noises = .unknown
    case .command(let command)?:
      let answer = try await ask(command).flatMap(APDUAnswer.init)
      noises = answer?.status == .success ? .off : .on
    case .behaviour?: noises = try await silenceBehaviour()
    }
    if noises == .on {
      context.logger.warning(
        "the reader keeps its own noises", metadata: ["reader": "\(context.reader)"])
    }
    return noises
  }

  /// Siblings give the bits other meanings, and the reader keeps what is written: nothing is written over
  /// a value that is not the documented one.
  private mutating func silenceBehaviour() async throws(CardReaderError) -> OwnNoises {
    switch try await ask(BehaviourEscape.read).flatMap(BehaviourEscape.behaviour) {
    case BehaviourEscape.quiet?: return .off
    case BehaviourEscape.factory?:
      let answer = try await ask(BehaviourEscape.write(BehaviourEscape.quiet))
      return answer.flatMap(BehaviourEscape.behaviour) == BehaviourEscape.quiet ? .off : .on
    case nil: return .on
    case _?: return .unknown
    }
  }

  /// A command to the reader itself; `nil` when it refuses.
  private mutating func ask(_ command: [UInt8]) async throws(CardReaderError) -> [UInt8]? {
    try await refusable { channel throws(CardReaderError) in try await channel.escape(command) }
  }

  /// Asks for the slot's state and reports what has changed.
  private mutating func look(_ check: CardReaderCheck) async throws(CardReaderError) {
    let card = try await channel.cardState()
    guard card != .absent else { return try await empty() }
    switch slot {
    case .empty:
      if check.saysAbsent, context.clock.now >= settledAt { memory.left() }
      try await identify()
    case .powered:
      // A reader that powers cards on by itself hides the change; its notice does not.
      if card == .active, !(check.saysAbsent && activatesByItself) { return }
      if check.saysAbsent { memory.left() }
      try await identify()
    case .mute(let retriesLeft):
      if check.saysAbsent {
        memory.left()
        try await identify()
      } else if retriesLeft > 0 {
        try await identify(retriesLeft: retriesLeft - 1)
      } else if check.isNoticed {
        try await identify()
      }
    }
  }

  /// The slot is empty.
  private mutating func empty() async throws(CardReaderError) {
    switch slot {
    case .empty:
      guard memory.awaitsEmpty else { return }
      let rest = settledAt - context.clock.now
      if rest > .zero { mailbox.wake(after: rest) } else { memory.left() }
      return
    case .mute(let retriesLeft):
      if retriesLeft > 0 { await tell(.failure(.mute)) }
    case .powered: break
    }
    slot = .empty
    memory.left()
    if isTold { await context.report(.removed) }
    isTold = false
    try await darken()
    try await channel.powerOff()
  }

  /// Powers the card on and reads it.
  private mutating func identify(
    retriesLeft: Int = muteRetries
  ) async throws(CardReaderError) {
    var answerToReset: [UInt8]?
    // A card that is still moving towards the reader may miss the first power on.
    for _ in 0..<2 where answerToReset == nil {
      answerToReset = try await refusable { channel throws(CardReaderError) in
        try await channel.powerOn()
      }
    }
    guard let answerToReset else {
      slot = .mute(retriesLeft: retriesLeft)
      if retriesLeft > 0 {
        mailbox.wake(after: Self.muteRetryPause)
      } else {
        await tell(.failure(.mute))
      }
      return
    }
    slot = .powered
    // What notices said before is about an earlier moment than this answer.
    mailbox.forgetAbsence()
    let reading = try await readSerial()
    await tell(reading, try await kind(answerToReset, reading))
  }

  /// Tells what lies in the slot, unless it was told already.
  private mutating func tell(_ reading: SerialReading, _ kind: CardKind = .other) async {
    guard case .new(let wasThereAtStart) = memory.found(reading) else {
      isTold = true
      return
    }
    if isTold { await context.report(.removed) }
    isTold = true
    switch reading {
    case .success(let serial):
      await context.report(
        .shown(.card(serial: serial, kind: kind), wasThereAtStart: wasThereAtStart))
    case .failure(let reason): await context.report(.unreadable(reason))
    }
  }

  /// What kind of card it is: by its ATR, and a processor card by what it answers. It logs the kind,
  /// never the number.
  private mutating func kind(
    _ answerToReset: [UInt8], _ reading: SerialReading
  ) async throws(CardReaderError) -> CardKind {
    let technology: CardTechnology
    do throws(AnswerToReset.Malformed) {
      technology = try AnswerToReset(answerToReset).card
    } catch {
      // Only a description is lost: the serial number decides.
      context.logger.notice(
        "odd ATR", metadata: ["reader": "\(context.reader)", "reason": "\(error)"])
      return .other
    }
    var kind = technology.kind
    if technology == .processor {
      kind = reading == .failure(.randomSerial) ? .phone : try await processorKind()
    }
    context.logger.debug("card", metadata: ["reader": "\(context.reader)", "kind": "\(kind)"])
    return kind
  }

  /// Asks for the version of a DESFire to its end, so that the card is free for the next command. A card
  /// that went meanwhile is of no kind.
  private mutating func processorKind() async throws(CardReaderError) -> CardKind {
    var command = DESFireCommand.getVersion
    for frame in 0..<DESFireCommand.versionFrames {
      let answer = try await refusable { channel throws(CardReaderError) in
        try await channel.transmit(command)
      }
      guard let status = answer.flatMap(APDUAnswer.init)?.status else {
        return frame > 0 ? .desfire : .other
      }
      guard status == DESFireCommand.moreFrames else {
        return frame > 0 || status.high == DESFireCommand.statusHigh ? .desfire : .cpu
      }
      command = DESFireCommand.additionalFrame
    }
    return .desfire
  }

  private mutating func readSerial() async throws(CardReaderError) -> SerialReading {
    let bytes = try await refusable { channel throws(CardReaderError) in
      try await channel.transmit(PseudoAPDU.getSerial)
    }
    return SerialReading(answer: bytes)
  }

  /// Runs a command that the reader may refuse without being broken.
  ///
  /// - Returns: `nil` when it refused.
  private mutating func refusable(
    _ command: (inout CardReaderChannel) async throws(CardReaderError) -> [UInt8]
  ) async throws(CardReaderError) -> [UInt8]? {
    do throws(CardReaderError) {
      return try await command(&channel)
    } catch {
      guard case .refused(let failure) = error else { throw error }
      context.logger.debug(
        "refused", metadata: ["reader": "\(context.reader)", "reason": "\(failure)"])
      return nil
    }
  }
}

// MARK: - Light and sound

extension CardReaderSession {
  private mutating func show(_ order: SignalOrder) async throws(CardReaderError) {
    guard let patterns = quirks.signals else {
      order.answer(.unsupported)
      return
    }
    guard context.clock.now < order.deadline else {
      order.answer(.readerAway)
      return
    }
    var pattern = patterns.pattern(for: order.signal)
    switch slot {
    case .empty: pattern = pattern.endingDark
    case .powered, .mute:
      lightsAreOn = true
      memory.lit()
    }
    do throws(CardReaderError) {
      order.answer(try await light(pattern) ? .shown : .readerAway)
    } catch {
      order.answer(.readerAway)
      throw error
    }
  }

  /// Puts out a light that an earlier program or session left on, unless it is the answer that the
  /// diner is just looking at.
  private mutating func beginDark(
    _ card: CCIDAnswer.CardState
  ) async throws(CardReaderError) {
    lightsAreOn = true
    if card == .absent || !memory.wasJustLit { try await darken() }
  }

  private mutating func darken() async throws(CardReaderError) {
    guard lightsAreOn, let patterns = quirks.signals else { return }
    lightsAreOn = false
    _ = try await light(patterns.dark)
  }

  /// - Returns: Whether the reader confirmed: `90` and the state of its lights.
  private mutating func light(_ pattern: SignalPattern) async throws(CardReaderError) -> Bool {
    let answer = try await refusable { channel throws(CardReaderError) in
      try await channel.escape(
        PseudoAPDU.signal(pattern), timeout: pattern.length + CardReaderChannel.usualWait)
    }
    return answer.flatMap(APDUAnswer.init)?.status.high == 0x90
  }
}
