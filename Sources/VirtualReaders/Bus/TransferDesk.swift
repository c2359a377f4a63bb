import Glibc

/// What a host controller does in front of a device model: it brings together the transfers that wait for
/// bytes and the bytes that wait for transfers. A value without clock or I/O; whoever owns it carries out
/// what comes out.
struct TransferDesk: Sendable {
  /// A transfer that the host has submitted.
  struct Transfer: Sendable {
    enum Kind: UInt8 {
      // As usbfs numbers them.
      case interrupt = 1
      case control, bulk
    }

    /// The owner's number for it.
    let id: UInt64
    let kind: Kind
    /// With the direction in bit 7; 0 for a control request.
    let endpoint: UInt8
    /// The 8 bytes of a control request.
    var setup: [UInt8] = []
    /// What an OUT transfer sends.
    var sent: [UInt8] = []
    /// Bytes of room for an answer.
    let capacity: Int
    var endsWithZeroPacket = false
    fileprivate var received: [UInt8] = []

    init(
      id: UInt64, kind: Kind, endpoint: UInt8, setup: [UInt8] = [], sent: [UInt8] = [],
      capacity: Int, endsWithZeroPacket: Bool = false
    ) {
      (self.id, self.kind, self.endpoint, self.setup) = (id, kind, endpoint, setup)
      (self.sent, self.capacity, self.endsWithZeroPacket) = (sent, capacity, endsWithZeroPacket)
    }

    var isIn: Bool { (kind == .control ? setup.first ?? 0 : endpoint) & 0x80 != 0 }
  }

  /// A transfer that has ended.
  struct Ending: Sendable {
    let id: UInt64
    /// 0, or a negative error number as the kernel reports it.
    let status: Int32
    let received: [UInt8]
    /// Bytes that were moved in either direction.
    let moved: Int
  }

  enum Output: Sendable {
    case ended(Ending)
    case signal(ReaderSignal)
    /// Give it back to ``TransferDesk/due(_:)`` after the time.
    case later(Duration, Later)
  }

  enum Later: Sendable {
    case answer([UInt8], endpoint: UInt8)
    case alarm(UInt64)
  }

  private(set) var model: any DeviceModel
  private var pending: [Transfer] = []
  /// Answers that nobody has asked for yet, in order.
  private var waiting: [(endpoint: UInt8, bytes: [UInt8], isNotice: Bool)] = []
  private var halted: Set<UInt8> = []
  /// So many reads of notices end with a bus error.
  private var noticeFailures = 0
  /// So many requests to end a halt are confirmed without effect.
  private var stubbornHalts = 0

  init(_ model: any DeviceModel) {
    self.model = model
  }

  /// Lets something happen to the device.
  mutating func act(_ action: (inout any DeviceModel) -> [DeviceEffect]) -> [Output] {
    perform(action(&model))
  }

  /// The time of something has come.
  mutating func due(_ later: Later) -> [Output] {
    switch later {
    case .answer(let bytes, let endpoint): perform([.answer(bytes, endpoint: endpoint)])
    case .alarm(let number): act { $0.alarm(number) }
    }
  }

  mutating func submit(_ transfer: Transfer) -> [Output] {
    switch transfer.kind {
    case .control: return control(transfer)
    case .bulk, .interrupt:
      if halted.contains(transfer.endpoint) { return [transfer.ended(-EPIPE)] }
      if transfer.kind == .interrupt, noticeFailures > 0 {
        noticeFailures -= 1
        return [transfer.ended(-EPROTO)]
      }
      if transfer.isIn {
        pending.append(transfer)
        return deliver(to: transfer.endpoint)
      }
      let effects = model.received(
        transfer.sent, on: transfer.endpoint, endedWithZeroPacket: transfer.endsWithZeroPacket)
      return [transfer.ended(0)] + perform(effects)
    }
  }

  private mutating func control(_ transfer: Transfer) -> [Output] {
    let payload = transfer.isIn ? [] : transfer.sent
    guard let answer = model.control(setup: transfer.setup, payload: payload) else {
      return [transfer.ended(-EPIPE)] + perform(model.afterControl())
    }
    return [transfer.answered(answer)] + perform(model.afterControl())
  }

  /// - Returns: Nothing when it has ended already.
  mutating func cancel(_ id: UInt64) -> Output? {
    guard let index = pending.firstIndex(where: { $0.id == id }) else { return nil }
    return pending.remove(at: index).ended(-ENOENT)
  }

  /// A halt of an endpoint is ended.
  mutating func clearHalt(_ endpoint: UInt8) {
    if stubbornHalts > 0 { stubbornHalts -= 1 } else { halted.remove(endpoint) }
  }

  /// A bus reset.
  mutating func reset() -> [Output] {
    halted = []
    stubbornHalts = 0
    return end(-ENOENT) + perform(model.reset())
  }

  /// The device is gone.
  mutating func hangUp() -> [Output] { end(-ESHUTDOWN) }

  /// What becomes of a transfer that reaches a device that is gone.
  func refuse(_ transfer: Transfer) -> Output { transfer.ended(-ESHUTDOWN) }

  private mutating func end(_ status: Int32) -> [Output] {
    defer { (pending, waiting) = ([], []) }
    return pending.map { $0.ended(status) }
  }

  /// Lets the pending read of a notice and the next ones end with a bus error.
  mutating func failNotices(_ count: Int) -> [Output] {
    let failing = pending.filter { $0.kind == .interrupt }
    pending.removeAll { $0.kind == .interrupt }
    noticeFailures = max(0, count - failing.count)
    return failing.map { $0.ended(-EPROTO) }
  }

  /// Halts an endpoint until the halt was ended so many times.
  mutating func stall(_ endpoint: UInt8, times: Int) -> [Output] {
    stubbornHalts = times - 1
    return perform([.halt(endpoint: endpoint)])
  }

  private mutating func deliver(to endpoint: UInt8) -> [Output] {
    var outputs: [Output] = []
    while let index = pending.firstIndex(where: { $0.endpoint == endpoint && $0.isIn }),
      let next = waiting.firstIndex(where: { $0.endpoint == endpoint })
    {
      outputs.append(pending.remove(at: index).ended(with: waiting.remove(at: next).bytes))
    }
    return outputs
  }

  private mutating func perform(_ effects: [DeviceEffect]) -> [Output] {
    effects.flatMap { effect in
      switch effect {
      case .answer(let bytes, let endpoint, .zero):
        waiting.append((endpoint, bytes, false))
        return deliver(to: endpoint)
      case .answer(let bytes, let endpoint, let delay):
        return [.later(delay, .answer(bytes, endpoint: endpoint))]
      case .alarm(let number, let delay): return [.later(delay, .alarm(number))]
      case .partialAnswer(let bytes, let endpoint):
        if let index = pending.firstIndex(where: { $0.endpoint == endpoint && $0.isIn }) {
          pending[index].received += bytes
        }
        return []
      case .notice(let bytes, let endpoint):
        waiting.removeAll { $0.endpoint == endpoint && $0.isNotice }
        waiting.append((endpoint, bytes, true))
        return deliver(to: endpoint)
      case .halt(let endpoint):
        halted.insert(endpoint)
        let stalled = pending.filter { $0.endpoint == endpoint }
        pending.removeAll { $0.endpoint == endpoint }
        return stalled.map { $0.ended(-EPIPE) }
      case .signal(let signal): return [.signal(signal)]
      }
    }
  }
}

extension TransferDesk.Transfer {
  /// More bytes than there is room for are an overflow, as on the bus.
  fileprivate func ended(with bytes: [UInt8]) -> TransferDesk.Output {
    guard received.count + bytes.count <= capacity else { return ended(-EOVERFLOW) }
    var transfer = self
    transfer.received += bytes
    return transfer.ended(0)
  }

  /// The data stage of a control request; the host takes of it what it asked for.
  func answered(_ bytes: [UInt8]) -> TransferDesk.Output {
    var transfer = self
    transfer.received = Array(bytes.prefix(capacity))
    return transfer.ended(0)
  }

  func ended(_ status: Int32) -> TransferDesk.Output {
    let moved = isIn ? received.count : status == 0 ? sent.count : 0
    return .ended(
      TransferDesk.Ending(id: id, status: status, received: received, moved: moved))
  }
}
