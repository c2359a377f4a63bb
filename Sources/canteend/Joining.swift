import CanteenModel
import Glibc
import LocalAPI
import Logging
import ServiceLifecycle
import Synchronization
import TerminalDaemon

/// A terminal that belongs to no centre yet: it has no number, so it has no ledger and sells nothing. It waits
/// for `canteenctl enrol`.
enum Joining {
  /// - Returns: Whether it joined; `false` when it was told to stop.
  static func wait(
    _ configuration: TerminalConfiguration, socketLogger: Logger, logger: Logger
  ) async throws -> Bool {
    logger.notice("this terminal belongs to no centre yet: canteenctl enrol URL TOKEN")
    let (joined, hasJoined) = AsyncStream.makeStream(of: TerminalID.self)
    let server = LocalServer.service(
      { userID in
        JoinControl(configuration: configuration, userID: userID) { hasJoined.yield($0) }
      }, socketPath: configuration.socketPath, logger: socketLogger)
    let group = ServiceGroup(configuration: LifeCycle.of([server], logger: logger))
    return try await withThrowingTaskGroup(of: Bool.self) { tasks in
      tasks.addTask {
        for await terminal in joined {
          logger.notice("joined", metadata: ["terminal": "\(terminal)"])
          await group.triggerGracefulShutdown()
          return true
        }
        return false
      }
      try await group.run()
      hasJoined.finish()
      return try await tasks.next() ?? false
    }
  }
}

/// Lets the local API ask a terminal that has not joined: only to join.
private struct JoinControl: TerminalControl {
  let configuration: TerminalConfiguration
  let userID: UInt32
  let onJoined: @Sendable (TerminalID) -> Void

  func enrol(_ order: EnrolOrder) async throws(ControlError) -> EnrolmentLine {
    let terminal = try await EnrolRight.joined(order, configuration, byUser: userID)
    onJoined(terminal)
    return EnrolmentLine(terminal: terminal, mustRestart: false)
  }

  private var refusal: ControlError {
    .unavailable("this terminal belongs to no centre yet: canteenctl enrol URL TOKEN")
  }

  func status() async throws(ControlError) -> TerminalStatus { throw refusal }
  func readers() async throws(ControlError) -> [ReaderStatus] { throw refusal }
  func journal(limit: Int) async throws(ControlError) -> [JournalLine] { throw refusal }
  func exportBatch(behind _: JournalPosition?) async throws(ControlError) -> ExportedBatch {
    throw refusal
  }
  func verify() async throws(ControlError) -> VerificationReport { throw refusal }
  func rotateKey() async throws(ControlError) -> KeyRotationLine { throw refusal }
  func syncNow() async throws(ControlError) { throw refusal }
  func armSale(_ price: SalePrice, lane: LaneID) async throws(ControlError) { throw refusal }
  func clearSale(lane: LaneID) async throws(ControlError) { throw refusal }
  func chargeOfficialMeal(
    _ order: OfficialMealOrder
  ) async throws(ControlError) -> OfficialMealLine { throw refusal }
  func correct(_ order: CorrectionOrder) async throws(ControlError) -> CorrectionLine {
    throw refusal
  }
  func face(_ order: FaceModuleOrder) async throws(ControlError) -> FaceModuleReport {
    throw refusal
  }
  func closeDay() async throws(ControlError) -> DayLine { throw refusal }
  func closedDays(limit: Int) async throws(ControlError) -> [DayLine] { throw refusal }
  func rulebook() async throws(ControlError) -> Rulebook { throw refusal }
  func exposure(naming limit: Int) async throws(ControlError) -> ExposureReport { throw refusal }
}

/// Who may let a terminal join, or give it another key: whoever could write its state directory anyhow.
enum EnrolRight {
  static func has(_ userID: UInt32) -> Bool { userID == 0 || userID == getuid() }

  static func joined(
    _ order: EnrolOrder, _ configuration: TerminalConfiguration, byUser userID: UInt32
  ) async throws(ControlError) -> TerminalID {
    guard has(userID) else {
      throw .invalid("only root lets a terminal join a centre: sudo canteenctl enrol URL TOKEN")
    }
    do {
      return try await Terminal.join(order, configuration)
    } catch let refusal as OperatorRefusal {
      throw .invalid(refusal.description)
    } catch {
      throw .unavailable("\(error)")
    }
  }
}
