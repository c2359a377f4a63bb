import Synchronization
import USBTransport
import VirtualReaders

/// The claimed interfaces of a ``VirtualDevice``.
struct VirtualPipes: USBPipes {
  let device: VirtualDevice

  func receive(
    from endpoint: USBEndpoint, length: Int, timeout: Duration?
  ) async -> USBCompletion {
    let packets = (max(1, length) + endpoint.maxPacketSize - 1) / endpoint.maxPacketSize
    return await device.receive(
      endpoint.address, capacity: packets * endpoint.maxPacketSize, timeout: timeout)
  }

  func write(
    _ bytes: [UInt8], to endpoint: USBEndpoint, timeout: Duration?, endingWithZeroPacket: Bool
  ) async throws(USBError) {
    let failure = await device.send { state in
      if state.halted.contains(endpoint.address) { return .failure(.stalled) }
      return .success(
        state.model.received(
          bytes, on: endpoint.address, endedWithZeroPacket: endingWithZeroPacket))
    }.failure
    if let failure { throw failure }
  }

  func control(_ setup: USBSetup, timeout: Duration?) async -> USBCompletion {
    let answer = Mutex<[UInt8]>([])
    let completion = await device.send { state in
      let payload = setup.isIn ? [] : setup.payload
      guard let bytes = state.model.control(setup: setup.bytes, payload: payload) else {
        return .failure(.stalled)
      }
      answer.withLock { $0 = Array(bytes.prefix(Int(setup.length))) }
      return .success(state.model.afterControl())
    }
    let bytes = completion.failure == nil && setup.isIn ? answer.withLock { $0 } : []
    return USBCompletion(
      bytes: bytes, transferred: bytes.count, failure: completion.failure)
  }

  func clearHalt(of endpoint: USBEndpoint) async throws(USBError) {
    let failure = await device.send { state in
      state.halted.remove(endpoint.address)
      return .success([])
    }.failure
    if let failure { throw failure }
  }
}

// MARK: - Transfers

extension VirtualDevice {
  /// Counts a transfer, and hangs up if this is the one.
  ///
  /// - Returns: Whether the device goes without having seen it, or after it.
  private func count(_ state: inout State) -> HangUp? {
    state.transfers += 1
    guard let hangUp = state.hangUp, state.transfers >= hangUp.transfer else { return nil }
    return hangUp.when
  }

  /// A transfer to the device, or one that is answered at once.
  func send(
    _ deliver: (inout State) -> Result<[DeviceEffect], USBError>
  ) async -> USBCompletion {
    var hangsUp: HangUp?
    let result = state.withLock { state -> Result<[DeviceEffect], USBError> in
      if state.isGone { return .failure(.deviceGone) }
      hangsUp = count(&state)
      if hangsUp == .beforeTransfer { return .failure(state.farewell.error) }
      return deliver(&state)
    }
    if hangsUp != nil { hangUp() }
    if case .success(let effects) = result { perform(effects) }
    // try?: a cancelled transfer has happened all the same.
    try? await time.sleep(for: VirtualHost.transferTime)
    switch result {
    case .failure(let error): return USBCompletion(bytes: [], transferred: 0, failure: error)
    case .success:
      let failure = hangsUp.map { _ in state.withLock { $0.farewell.error } }
      return USBCompletion(bytes: [], transferred: 0, failure: failure)
    }
  }

  /// A transfer from the device.
  func receive(_ endpoint: UInt8, capacity: Int, timeout: Duration?) async -> USBCompletion {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(
          Transfer(
            number: number, endpoint: endpoint, capacity: capacity, continuation: continuation),
          timeout: timeout)
      }
    } onCancel: {
      fail(number, .cancelled)
    }
  }

  private func submit(_ transfer: Transfer, timeout: Duration?) {
    let number = transfer.number
    var hangsUp: HangUp?
    let failure = state.withLock { state -> USBError? in
      if state.isGone { return .deviceGone }
      if Task.isCancelled { return .cancelled }
      hangsUp = count(&state)
      if hangsUp != nil { return state.farewell.error }
      if state.halted.contains(transfer.endpoint) { return .stalled }
      var transfer = transfer
      if let timeout {
        transfer.timer = time.call(after: timeout) { [weak self] in
          self?.fail(number, nil)
        }
      }
      state.pending.append(transfer)
      return nil
    }
    if hangsUp != nil { hangUp() }
    if let failure { end(transfer, failure) } else { deliver(transfer.endpoint) }
  }

  /// - Parameter error: `nil` when its time is over.
  private func fail(_ number: UInt64, _ error: USBError?) {
    let transfer = state.withLock { state -> Transfer? in
      guard let place = state.pending.firstIndex(where: { $0.number == number }) else {
        return nil
      }
      return state.pending.remove(at: place)
    }
    guard let transfer else { return }
    end(transfer, error ?? .timedOut(transferred: transfer.received.count))
  }

  func end(_ transfer: Transfer, _ failure: USBError?) {
    if let timer = transfer.timer { time.cancelTimer(timer) }
    let bytes = Array(transfer.received.prefix(transfer.capacity))
    let completion = USBCompletion(bytes: bytes, transferred: bytes.count, failure: failure)
    time.call(after: VirtualHost.transferTime) {
      transfer.continuation.resume(returning: completion)
    }
  }

  /// Brings together who waits for bytes and the bytes that wait.
  private func deliver(_ endpoint: UInt8) {
    while true {
      let served = state.withLock { state -> Transfer? in
        guard let waiting = state.waiting.firstIndex(where: { $0.endpoint == endpoint }),
          let place = state.pending.firstIndex(where: { $0.endpoint == endpoint })
        else { return nil }
        var transfer = state.pending.remove(at: place)
        transfer.received += state.waiting.remove(at: waiting).bytes
        return transfer
      }
      guard let served else { return }
      end(served, nil)
    }
  }

  func perform(_ effects: [DeviceEffect]) {
    for effect in effects {
      switch effect {
      case .answer(let bytes, let endpoint, .zero): offer(bytes, endpoint, isNotice: false)
      case .answer(let bytes, let endpoint, let delay):
        time.call(after: delay) { [weak self] in
          self?.offer(bytes, endpoint, isNotice: false)
        }
      case .notice(let bytes, let endpoint): offer(bytes, endpoint, isNotice: true)
      case .partialAnswer(let bytes, let endpoint):
        state.withLock { state in
          guard let place = state.pending.firstIndex(where: { $0.endpoint == endpoint }) else {
            return
          }
          state.pending[place].received += bytes
        }
      case .halt(let endpoint):
        let struck = state.withLock { state in
          state.halted.insert(endpoint)
          let struck = state.pending.filter { $0.endpoint == endpoint }
          state.pending.removeAll { $0.endpoint == endpoint }
          return struck
        }
        for transfer in struck { end(transfer, .stalled) }
      case .signal(let signal): state.withLock { $0.signals.append(signal) }
      case .alarm(let number, let delay):
        time.call(after: delay) { [weak self] in
          self?.act { $0.alarm(number) }
        }
      }
    }
  }

  private func offer(_ bytes: [UInt8], _ endpoint: UInt8, isNotice: Bool) {
    state.withLock { state in
      guard !state.isGone else { return }
      if isNotice { state.waiting.removeAll { $0.endpoint == endpoint && $0.isNotice } }
      state.waiting.append((endpoint, bytes, isNotice))
    }
    deliver(endpoint)
  }
}
