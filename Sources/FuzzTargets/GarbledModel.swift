import VirtualReaders

/// A device whose words are spoilt on their way, or that says what it never should.
struct GarbledModel: DeviceModel {
  /// What becomes of one answer.
  enum Garble: Sendable {
    case drop
    case twice
    case late(milliseconds: Int)
    case replace([UInt8])
    case cut(to: Int)
    case lengthen([UInt8])
    case flip(at: Int, UInt8)
    case halt
  }

  private var model: any DeviceModel
  /// Which of the answers to come are spoilt, counted from the next one, and how.
  private var garbles: [Int: Garble] = [:]
  private var controlGarbles: [Int: Garble] = [:]
  private let device: [UInt8]
  private let configuration: [UInt8]

  /// - Parameter spoilt: Changes a byte of the descriptors.
  init(_ model: some DeviceModel, spoilt: (place: Int, mask: UInt8)?) {
    self.model = model
    var (device, configuration) = (model.deviceDescriptor, model.configurationDescriptor)
    if let (place, mask) = spoilt {
      let index = place % (device.count + configuration.count)
      if index < device.count {
        device[index] ^= mask
      } else {
        configuration[index - device.count] ^= mask
      }
    }
    (self.device, self.configuration) = (device, configuration)
  }

  var deviceDescriptor: [UInt8] { device }
  var configurationDescriptor: [UInt8] { configuration }
  var kernelDrivers: [UInt8: String] { model.kernelDrivers }

  /// Spoils an answer, or the data stage of a request.
  mutating func garble(_ garble: Garble, after answers: Int, isControl: Bool) {
    if isControl { controlGarbles[answers] = garble } else { garbles[answers] = garble }
  }

  mutating func act<Model: DeviceModel>(
    on type: Model.Type, _ action: (inout Model) -> [DeviceEffect]
  ) -> [DeviceEffect] {
    type == Self.self ? actOnSelf(action) : spoilt(model.act(on: type, action))
  }

  mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    spoilt(model.received(bytes, on: endpoint, endedWithZeroPacket: endedWithZeroPacket))
  }

  mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    let answer = model.control(setup: setup, payload: payload)
    defer { controlGarbles = Self.next(controlGarbles) }
    guard let garble = controlGarbles[0], let answer else { return answer }
    return Self.spoil(answer, with: garble)
  }

  mutating func afterControl() -> [DeviceEffect] { spoilt(model.afterControl()) }
  mutating func show(_ showing: Showing) -> [DeviceEffect] { spoilt(model.show(showing)) }
  mutating func takeAway() -> [DeviceEffect] { spoilt(model.takeAway()) }
  mutating func alarm(_ number: UInt64) -> [DeviceEffect] { spoilt(model.alarm(number)) }
  mutating func reset() -> [DeviceEffect] { spoilt(model.reset()) }

  private mutating func spoilt(_ effects: [DeviceEffect]) -> [DeviceEffect] {
    effects.flatMap { effect -> [DeviceEffect] in
      guard let (bytes, endpoint, delay) = effect.words else { return [effect] }
      defer { garbles = Self.next(garbles) }
      switch garbles[0] {
      case nil: return [effect]
      case .twice: return [effect, effect]
      case .late(let milliseconds):
        return [.answer(bytes, endpoint: endpoint, after: delay + .milliseconds(milliseconds))]
      case .halt: return [.halt(endpoint: endpoint)]
      case .some(let garble):
        return Self.spoil(bytes, with: garble).map {
          [.answer($0, endpoint: endpoint, after: delay)]
        } ?? []
      }
    }
  }

  /// - Returns: `nil` where nothing is said.
  private static func spoil(_ bytes: [UInt8], with garble: Garble) -> [UInt8]? {
    switch garble {
    case .drop, .halt: return nil
    case .twice: return bytes + bytes
    case .late: return bytes
    case .replace(let others): return others
    case .cut(let count): return Array(bytes.prefix(count))
    case .lengthen(let more): return bytes + more
    case .flip(let place, let mask):
      guard !bytes.isEmpty else { return bytes }
      var bytes = bytes
      bytes[place % bytes.count] ^= mask
      return bytes
    }
  }

  private static func next(_ garbles: [Int: Garble]) -> [Int: Garble] {
    var next: [Int: Garble] = [:]
    for (answers, garble) in garbles where answers > 0 { next[answers - 1] = garble }
    return next
  }
}

extension DeviceEffect {
  /// What the device says, where, and after what time.
  fileprivate var words: (bytes: [UInt8], endpoint: UInt8, delay: Duration)? {
    switch self {
    case .answer(let bytes, let endpoint, let delay): (bytes, endpoint, delay)
    case .notice(let bytes, let endpoint), .partialAnswer(let bytes, let endpoint):
      (bytes, endpoint, .zero)
    case .halt, .signal, .alarm: nil
    }
  }
}
