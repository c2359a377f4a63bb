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

  /// A reset is not in the script: it begins anew.
  package mutating func reset() -> [DeviceEffect] {
    surprises.append("a bus reset")
    return []
  }

  /// See ``DeviceModel``.
  package mutating func received(
    _ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool
  ) -> [DeviceEffect] {
    let expected = script.indices.first { index in
      if isDone[index] { return false }
      if case .out(endpoint, _) = script[index].transfer { return true }
      return false
    }
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
    isDone[expected] = true
    return words(after: expected)
  }

  /// See ``DeviceModel``.
  package mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]? {
    let expected = script.indices.first { index in
      if isDone[index] { return false }
      if case .control(setup, _) = script[index].transfer { return true }
      return false
    }
    guard let expected, case .control(_, let data) = script[expected].transfer else {
      surprises.append("control \(setup)")
      return nil
    }
    isDone[expected] = true
    lastControl = expected
    return setup[0] & 0x80 == 0 ? data.map { _ in [] } : data
  }

  /// See ``DeviceModel``.
  package mutating func afterControl() -> [DeviceEffect] {
    lastControl.map { words(after: $0) } ?? []
  }

  /// What the device says once everything before it has happened.
  private mutating func words(after index: Int) -> [DeviceEffect] {
    var effects: [DeviceEffect] = []
    let start = script[index].at
    for next in script.indices where !isDone[next] {
      switch script[next].transfer {
      case .out, .control: return effects
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
    var classes: [UInt8] = []
    var rest = configuration[...]
    while let length = rest.first, length >= 2, rest.count >= length {
      let descriptor = Array(rest.prefix(Int(length)))
      if descriptor[1] == 0x04, descriptor.count >= 9 { classes.append(descriptor[5]) }
      rest = rest.dropFirst(Int(length))
    }
    return classes
  }
}
