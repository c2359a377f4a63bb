import Foundation

/// What is tried in a guest, in this order.
package enum GuestTest: String, CaseIterable, Sendable {
  case selling, submittedURBs, withoutGroup, kernelDrivers, otherProgram, media, idle,
    identicalReaders
  case unplugVHCI, unplugGadget, unplugXHCI, suspended, plugCycles

  /// One line of the result.
  var words: String {
    switch self {
    case .selling: "the release as its service, unprivileged, sells"
    case .submittedURBs: "transfers go through usbfs"
    case .withoutGroup: "without the group it says so"
    case .kernelDrivers: "drivers of the kernel are detached and given back"
    case .otherProgram: "pcscd holding the reader is found and named"
    case .media: "devices that nobody here wrote: a keyboard and a serial converter"
    case .idle: "idle with all three readers"
    case .identicalReaders: "two identical readers are told apart by their ports"
    case .unplugVHCI: "unplugged at every transfer, USB/IP"
    case .unplugGadget: "unplugged at every transfer, FunctionFS, endpoints remapped"
    case .unplugXHCI: "unplugged in every state, xHCI"
    case .suspended: "suspended and resumed"
    case .plugCycles: "plugged 50 times with flat memory"
    }
  }

  /// - Returns: What was found, in words.
  func run(_ guest: Guest) async throws -> String {
    switch self {
    case .selling: try await guest.sells()
    case .submittedURBs: try await guest.submitsURBs()
    case .withoutGroup: try await guest.isRefusedWithoutGroup()
    case .kernelDrivers: try await guest.detachesDrivers()
    case .otherProgram: try await guest.namesPCSCD()
    case .media: try await guest.readsForeignDevices()
    case .idle: try await guest.idles()
    case .identicalReaders: try await guest.tellsReadersApart()
    case .unplugVHCI: try await guest.unplugsEverywhereOverUSBIP()
    case .unplugGadget: try await guest.unplugsEverywhereOverFunctionFS()
    case .unplugXHCI: try await guest.unplugsInEveryState()
    case .suspended: try await guest.survivesSuspend()
    case .plugCycles: try await guest.staysFlat()
    }
  }
}

extension Guest {
  /// Tries everything, or what is named, and tells the host.
  package func run(_ tests: [GuestTest] = GuestTest.allCases) async {
    var isSound = true
    do {
      let centre = try await introduce(readers: Self.usualReaders)
      for test in tests {
        let start = ContinuousClock.now
        do {
          let found = try await test.run(self)
          let seconds = (ContinuousClock.now - start) / .seconds(1)
          say("ok     \(test.words): \(found) (\(String(format: "%.1f", seconds)) s)")
        } catch {
          isSound = false
          say("FAILED \(test.words): \(error)")
        }
      }
      await centre.stop()
    } catch {
      isSound = false
      say("FAILED the set-up: \(error)")
    }
    // try?: without a journal the results are without one.
    let journal = (try? shell("journalctl --no-pager -o short-monotonic")) ?? ""
    channel.say(.file(name: "journal.txt", text: journal))
    channel.say(.ended(isSound: isSound))
  }
}
