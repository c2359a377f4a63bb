/// A device that does again what it did when its traffic was recorded.
///
/// It expects the same transfers in the same order on each endpoint, and answers as it did then, after the
/// same time. CCID sequence numbers may begin anywhere: they are compared and answered by their distance.
package struct ReplayModel: DeviceModel {
  package let deviceDescriptor: [UInt8]
  package let configurationDescriptor: [UInt8]
  private let script: [TrafficScript.Line]
  private let isCCID: Bool
  /// By index of the line.
  private var isDone: [Bool]
  private var lastControl: Int?
  /// Endpoints that halt when their alarm rings.
  private var halts: [UInt8] = []
  /// What the host's sequence numbers are ahead of those that were recorded.
  private var sequenceShift: UInt8 = 0
  /// What the host did that was not recorded, in words.
  package private(set) var surprises: [String] = []

  /// - Parameters:
  ///   - deviceDescriptor: 18 bytes.
  ///   - configurationDescriptor: With all that belongs to it.
  package init(
    deviceDescriptor: [UInt8], configurationDescriptor: [UInt8], script: TrafficScript
  ) {
    self.deviceDescriptor = deviceDescriptor
    self.configurationDescriptor = configurationDescriptor
    self.script = script.lines
    isDone = [Bool](repeating: false, count: script.lines.count)
    isCCID = Self.interfaceClasses(configurationDescriptor).contains(0x0B)
  }

  /// See ``DeviceModel``.
  package var kernelDrivers: [UInt8: String] { [:] }

  /// What the host did not ask for, and the device did not say, in the text form.
  package var rest: TrafficScript {
    TrafficScript(lines: zip(script, isDone).filter { !$1 }.map(\.0))
  }

  /// What the device said before the host did anything.
  package mutating func begin() -> [DeviceEffect] { words(since: .zero) }

  /// See ``DeviceModel``.
  package mutating func reset() -> [DeviceEffect] {
    guard let expected = next(where: { $0 == .reset }) else {
      surprises.append("a bus reset")
      return []
    }
    return words(since: script[expected].at)
  }

  /// See ``DeviceModel``.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    let expected = next { if case .out(endpoint, _) = $0 { true } else { false } }
    guard let expected, case .out(_, let recorded) = script[expected].transfer else {
      surprises.append("to \(endpoint): \(bytes)")
      return []
    }
    if isCCID, bytes.count >= 10, recorded.count == bytes.count {
      sequenceShift = bytes[6] &- recorded[6]
    }
    if shifted(recorded) != bytes {
      surprises.append("to \(endpoint): \(bytes) in place of \(shifted(recorded))")
    }
    return words(since: script[expected].at)
  }

  /// See ``DeviceModel``.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    let expected = next { if case .control(setup, _) = $0 { true } else { false } }
    guard let expected, case .control(_, let data) = script[expected].transfer else {
      surprises.append("control \(setup)")
      lastControl = nil
      return nil
    }
    lastControl = expected
    if setup[0] & 0x80 != 0 { return data }
    if let data, data != payload {
      surprises.append("control \(setup): \(payload) in place of \(data)")
    }
    return data.map { _ in [] }
  }

  /// See ``DeviceModel``.
  package mutating func alarm(_ number: UInt64) -> [DeviceEffect] {
    [.halt(endpoint: halts[Int(number)])]
  }

  /// The first transfer of the kind that has not happened yet; it has now.
  private mutating func next(where isMeant: (TrafficScript.Transfer) -> Bool) -> Int? {
    let index = script.indices.first { !isDone[$0] && isMeant(script[$0].transfer) }
    if let index { isDone[index] = true }
    return index
  }

  /// See ``DeviceModel``.
  package mutating func afterControl() -> [DeviceEffect] {
    lastControl.map { words(since: script[$0].at) } ?? []
  }

  /// What the device says until the host does something again.
  private mutating func words(since start: Duration) -> [DeviceEffect] {
    var effects: [DeviceEffect] = []
    for next in script.indices where !isDone[next] {
      switch script[next].transfer {
      case .out, .control, .reset: return effects
      case .halt(let endpoint):
        isDone[next] = true
        halts.append(endpoint)
        effects.append(.alarm(UInt64(halts.count - 1), after: script[next].at - start))
      case .into(let endpoint, let bytes):
        isDone[next] = true
        effects.append(
          .answer(shifted(bytes), endpoint: endpoint, after: script[next].at - start))
      }
    }
    return effects
  }

  private func shifted(_ message: [UInt8]) -> [UInt8] {
    // Notices are shorter than the 10 bytes of a header.
    guard isCCID, message.count >= 10 else { return message }
    var message = message
    message[6] &+= sequenceShift
    return message
  }

  private static func interfaceClasses(_ configuration: [UInt8]) -> [UInt8] {
    DescriptorWalk(configuration).filter { $0[1] == 0x04 && $0.count >= 9 }.map { $0[5] }
  }
}
