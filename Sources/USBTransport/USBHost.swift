/// A bus: devices come to it and go. The machine's is ``USBContext``; a laboratory has one in virtual
/// time.
package protocol USBHost: Sendable {
  /// Devices as they come and go, first those that are already there. For one consumer.
  var hotplug: AsyncStream<USBHotplugEvent> { get }
}

/// A device that is plugged in, not opened. Reading its descriptors needs no permission.
package protocol USBAttachedDevice: Sendable {
  /// As the host read it at enumeration.
  var descriptor: USBDeviceDescriptor { get }
  /// Until the next unplug.
  var address: USBAddress { get }
  /// Bus and port chain as sysfs writes them: `1-2`, `1-1.4`.
  var port: String { get }
  /// udev's `ID_PATH`, the socket in the machine whatever number the bus was given:
  /// `pci-0000:00:14.0-usb-0:1.4`. `nil` where udev does not say.
  var path: String? { get }

  /// The program that has probably claimed it when it is busy; `nil` when there is no guess.
  var likelyHolder: String? { get }

  /// Every interface of the active configuration, in all its alternate settings.
  func interfaces() throws(USBError) -> [USBInterfaceDescriptor]

  /// Opens the device, claims interfaces for the time of `body`, and lets all go afterwards.
  ///
  /// - Parameters:
  ///   - interfaces: One or more; kernel drivers that are bound to them are detached and come back.
  ///   - isResetFirst: The port is reset before, unless another program holds an interface.
  ///   - body: Ends with no transfer pending, and lets no pipes escape.
  /// - Throws: ``USBError/accessDenied``, ``USBError/busy``, ``USBError/deviceGone``; `body` does not
  ///   throw, it returns how it ended.
  func serve<Result: Sendable>(
    _ interfaces: [UInt8], isResetFirst: Bool, _ body: (any USBPipes) async -> Result
  ) async throws(USBError) -> Result
}

extension USBAttachedDevice {
  /// There is no guess.
  package var likelyHolder: String? { nil }
}

/// The endpoints of claimed interfaces. Transfers on different endpoints may be pending at the same
/// time, each in a task of its own; cancelling the task cancels the transfer and waits for its end.
package protocol USBPipes: Sendable {
  /// Reads one transfer: it ends with a short packet, a packet of no bytes, or `length` bytes.
  ///
  /// - Parameters:
  ///   - length: At least this many bytes are asked for; rounded up to whole packets.
  ///   - timeout: `nil` waits for ever. Rounded up to whole milliseconds.
  /// - Returns: The end of the transfer and every byte that came before it.
  func receive(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async -> USBCompletion

  /// Writes one transfer.
  ///
  /// - Parameter endingWithZeroPacket: After a multiple of the packet size, a packet of no bytes ends
  ///   the transfer. Devices that wait for a short packet need it; USB adds none by itself.
  /// - Throws: ``USBError/timedOut(transferred:)`` with the count that did leave.
  func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError)

  /// Writes one transfer and reads its answer: as ``write(_:to:timeout:endingWithZeroPacket:)`` and then
  /// ``read(from:length:timeout:)``, whose `timeout` begins with the writing.
  func exchange(
    _ bytes: [UInt8], to outgoing: USBEndpoint, from incoming: USBEndpoint, length: Int,
    timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) -> [UInt8]

  /// A control transfer on endpoint 0. The direction is bit 7 of `setup.requestType`.
  func control(_ setup: USBSetup, timeout: Duration?) async -> USBCompletion

  /// Ends the halt of an endpoint and sets its data toggle back.
  ///
  /// - Precondition: No transfer is pending on the endpoint.
  func clearHalt(of endpoint: USBEndpoint) async throws(USBError)
}

extension USBPipes {
  package func exchange(
    _ bytes: [UInt8], to outgoing: USBEndpoint, from incoming: USBEndpoint, length: Int,
    timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) -> [UInt8] {
    try await write(
      bytes, to: outgoing, timeout: timeout, endingWithZeroPacket: endingWithZeroPacket)
    return try await read(from: incoming, length: length, timeout: timeout)
  }

  /// Reads one transfer, without what arrived before a failure.
  package func read(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async throws(USBError) -> [UInt8] {
    let completion = await receive(from: endpoint, length: length, timeout: timeout)
    if let failure = completion.failure { throw failure }
    return completion.bytes
  }

  /// Writes one transfer that a short packet, or nothing, ends.
  package func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?
  ) async throws(USBError) {
    try await write(bytes, to: endpoint, timeout: timeout, endingWithZeroPacket: false)
  }

  /// A control transfer that writes.
  package func request(_ setup: USBSetup, timeout: Duration?) async throws(USBError) {
    precondition(!setup.isIn, "a request that reads has an answer")
    if let failure = await control(setup, timeout: timeout).failure { throw failure }
  }

  /// A control transfer that reads.
  ///
  /// - Returns: What came, which may be shorter than what was asked for.
  package func ask(_ setup: USBSetup, timeout: Duration?) async throws(USBError) -> [UInt8] {
    precondition(setup.isIn, "a request that writes has no answer")
    let completion = await control(setup, timeout: timeout)
    if let failure = completion.failure { throw failure }
    return completion.bytes
  }
}
