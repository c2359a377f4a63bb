import Foundation

/// What is tried in a guest, in this order.
package enum GuestTest: String, CaseIterable, Sendable {
  case selling, submittedURBs, withoutGroup, kernelDrivers, otherProgram, media,
    identicalReaders, peer
  case unplugVHCI, unplugGadget, unplugXHCI, plugCycles, suspended

  /// One line of the result.
  var words: String {
    switch self {
    case .selling: "the release as its service, unprivileged, sells"
    case .submittedURBs: "transfers go through usbfs"
    case .withoutGroup: "without the group it says so"
    case .kernelDrivers: "drivers of the kernel are detached and given back"
    case .otherProgram: "pcscd holding the reader is found and named"
    case .media: "devices that nobody here wrote: a keyboard and a serial converter"
    case .identicalReaders: "two identical readers are told apart by their ports"
    case .peer: "beside pcscd and libccid"
    case .unplugVHCI: "unplugged at every transfer, USB/IP"
    case .unplugGadget: "unplugged at every transfer, FunctionFS, endpoints remapped"
    case .unplugXHCI: "unplugged in every state, xHCI"
    case .suspended: "suspended and resumed"
    case .plugCycles: "plugged 50 times with flat memory"
    }
  }

  /// Tests of different lanes and host controllers that run side by side.
  private var isSideBySide: Bool {
    switch self {
    case .unplugVHCI, .unplugGadget, .unplugXHCI, .plugCycles: true
    default: false
    }
  }

  /// Tests in the order in which they are tried, those of one stage at the same time.
  static func stages(_ tests: [GuestTest]) -> [[GuestTest]] {
    var stages: [[GuestTest]] = []
    for test in tests {
      if test.isSideBySide, stages.last?.last?.isSideBySide == true {
        stages[stages.count - 1].append(test)
      } else {
        stages.append([test])
      }
    }
    return stages
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
    case .identicalReaders: try await guest.tellsReadersApart()
    case .peer: try await guest.comparesWithPCSCD()
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
    channel.say(.begun)
    var isSound = true
    do {
      let centre = try await introduce(readers: Self.usualReaders)
      for stage in GuestTest.stages(tests) {
        let results = await withTaskGroup(of: Bool.self, returning: [Bool].self) { group in
          for test in stage { group.addTask { await self.attempt(test) } }
          return await group.reduce(into: []) { $0.append($1) }
        }
        if results.contains(false) { isSound = false }
      }
      await centre.stop()
    } catch {
      isSound = false
      say("FAILED the set-up: \(error)")
    }
    tellJournal("journal.txt")
    channel.say(.ended(isSound: isSound))
  }

  /// - Returns: Whether all was as it must be.
  private func attempt(_ test: GuestTest) async -> Bool {
    let start = ContinuousClock.now
    do {
      let found = try await test.run(self)
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      say("ok     \(test.words): \(found) (\(String(format: "%.1f", seconds)) s)")
      return true
    } catch {
      say("FAILED \(test.words): \(error)")
      tellJournal("\(test.rawValue).txt", since: start)
      // try?: what it has left behind shall not disturb the next.
      try? order(.removeAll)
      return false
    }
  }

  /// Gives the host what the guest's journal says, or what it has said since a moment.
  private func tellJournal(_ name: String, since start: ContinuousClock.Instant? = nil) {
    let seconds = start.map { Int((ContinuousClock.now - $0) / .seconds(1)) + 1 }
    let range = seconds.map { "--since=-\($0)s" } ?? ""
    // try?: without a journal the results are without one.
    let journal = (try? shell("journalctl --no-pager -o short-monotonic \(range)")) ?? ""
    channel.say(.file(name: name, text: journal))
  }
}
