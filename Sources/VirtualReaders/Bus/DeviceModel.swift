/// A USB device at the level of transfers: what was sent goes in, what the device does comes out.
///
/// A model is a value without clock or I/O. ``UsbfsNode`` carries out its effects.
package protocol DeviceModel: Sendable {
  /// 18 bytes. Source: USB 2.0, 9.6.1.
  var deviceDescriptor: [UInt8] { get }
  /// The configuration with all that belongs to it. Source: USB 2.0, 9.6.3.
  var configurationDescriptor: [UInt8] { get }
  /// The drivers of the kernel that are bound to interfaces, by interface number, until a client
  /// detaches them.
  var kernelDrivers: [UInt8: String] { get }

  /// One OUT transfer, complete.
  ///
  /// - Parameter endedWithZeroPacket: The client asked for a packet of no bytes after it.
  mutating func received(_ bytes: [UInt8], on endpoint: UInt8, endedWithZeroPacket: Bool)
    -> [DeviceEffect]

  /// A control request other than those that the bus answers itself.
  ///
  /// - Returns: The data stage (empty for OUT), or `nil` for a stall.
  mutating func control(setup: [UInt8], payload: [UInt8]) -> [UInt8]?

  /// What the device does once a control request has been answered.
  mutating func afterControl() -> [DeviceEffect]

  /// Somebody shows it something; what it cannot see does nothing.
  mutating func show(_ showing: Showing) -> [DeviceEffect]

  /// What was shown is taken away.
  mutating func takeAway() -> [DeviceEffect]

  /// The time of a ``DeviceEffect/alarm(_:after:)`` has come.
  mutating func alarm(_ number: UInt64) -> [DeviceEffect]

  /// Lets something happen to the device, or to one inside it, if it is of a type.
  mutating func act<Model: DeviceModel>(
    on type: Model.Type, _ action: (inout Model) -> [DeviceEffect]
  ) -> [DeviceEffect]

  /// A bus reset: back to what the device is after power on, except for what lies on it.
  mutating func reset() -> [DeviceEffect]
}

/// What can be shown to a reader.
package enum Showing: Hashable, Sendable {
  case card(VirtualCard)
  case code([UInt8])
  /// A person, by the number that a face module knows them by.
  case face(UInt16)
}

extension DeviceModel {
  /// Most devices have none inside.
  package mutating func act<Model: DeviceModel>(
    on type: Model.Type, _ action: (inout Model) -> [DeviceEffect]
  ) -> [DeviceEffect] {
    actOnSelf(action)
  }

  /// Lets something happen to the device itself, if it is of the type that the action is for.
  package mutating func actOnSelf<Model: DeviceModel>(
    _ action: (inout Model) -> [DeviceEffect]
  ) -> [DeviceEffect] {
    guard var model = self as? Model else { return [] }
    let effects = action(&model)
    if let changed = model as? Self { self = changed }
    return effects
  }

  /// Nothing is seen.
  package mutating func show(_ showing: Showing) -> [DeviceEffect] { [] }

  /// Nothing was seen.
  package mutating func takeAway() -> [DeviceEffect] { [] }

  /// Nothing, in most devices.
  package mutating func afterControl() -> [DeviceEffect] { [] }

  /// Most devices wait for nothing.
  package mutating func alarm(_ number: UInt64) -> [DeviceEffect] { [] }
}

/// What a device model does.
package enum DeviceEffect: Equatable, Sendable {
  /// Bytes for the next IN transfer of an endpoint, which they end. They wait in the device until
  /// it is read, also across clients.
  case answer([UInt8], endpoint: UInt8, after: Duration = .zero)
  /// Like an answer that did not end: the transfer stays pending with these bytes in it.
  case partialAnswer([UInt8], endpoint: UInt8)
  /// Like an answer, but only the newest is kept while nobody reads.
  case notice([UInt8], endpoint: UInt8)
  /// The endpoint stalls until its halt is cleared.
  case halt(endpoint: UInt8)
  /// What the reader now shows and sounds.
  case signal(ReaderSignal)
  /// The model is called with the number after a time. It forgets those that do not matter any more.
  case alarm(UInt64, after: Duration)
}
