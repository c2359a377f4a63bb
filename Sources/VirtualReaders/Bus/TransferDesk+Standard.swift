import Glibc

extension TransferDesk {
  /// A transfer as a device on a real bus sees it: what every device answers alike (USB 2.0, 9.4) does not
  /// reach the model.
  mutating func submitOnBus(_ transfer: Transfer) -> [Output] {
    guard transfer.kind == .control, let answer = standardAnswer(to: transfer.setup) else {
      return submit(transfer)
    }
    return [answer.map { transfer.answered($0) } ?? transfer.ended(-EPIPE)]
  }

  /// - Returns: `nil` for what the model must answer, and `.some(nil)` for a stall.
  private mutating func standardAnswer(to setup: [UInt8]) -> [UInt8]?? {
    switch (setup[0], setup[1]) {
    case (0x80, 0x06): .some(descriptor(setup[3]))
    case (0x80...0x82, 0x00): [0, 0]  // status: bus-powered, not halted
    case (0x80, 0x08): [1]
    case (0x00, 0x05), (0x00, 0x09), (0x01, 0x0B): []
    case (0x02, 0x01):
      clearing(setup[4])
    // Waking the host, and stalling by its wish: nothing that we have.
    case (0x00...0x02, 0x01), (0x00...0x02, 0x03): .some(nil)
    default: nil
    }
  }

  private func descriptor(_ type: UInt8) -> [UInt8]? {
    switch type {
    case 0x01: model.deviceDescriptor
    case 0x02: model.configurationDescriptor
    // No strings, and no other speed.
    default: nil
    }
  }

  private mutating func clearing(_ endpoint: UInt8) -> [UInt8] {
    clearHalt(endpoint)
    return []
  }
}
