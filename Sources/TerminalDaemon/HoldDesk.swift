import CanteenModel
import Journal
import Logging
import SyncProtocol
import SyncTransport

/// Asks the centre to set amounts aside, while a diner or an operator waits.
struct HoldDesk: Sendable {
  let client: CentreClient
  let centreKey: VerifyingKey
  /// What requests are signed with now.
  let key: @Sendable () -> SigningKey
  let standing: LinkStanding
  /// Wakes the settling, which finds out how the link is.
  let bell: Bell
  let logger: Logger

  /// A diner waits no longer for the centre: then the terminal decides alone.
  static let usualPatience = Duration.milliseconds(150)
  var patience = usualPatience

  /// An operator waits longer for the answer to a refund.
  static let usualOperatorPatience = Duration.seconds(5)
  var operatorPatience = usualOperatorPatience

  /// Whether it is worth asking: the last contact went well.
  var isOpen: Bool { standing.now.isUp }

  /// - Returns: `nil` when no answer came in time, or none that is to be believed. One that comes later is
  ///   dropped: by then a record has given back what was asked.
  func answer(to request: HoldRequest) async -> HoldAnswer? {
    do {
      let bytes = try await client.hold(
        request: try HoldCodec.seal(request, key: key()), within: patience)
      let answer = try HoldCodec.open(answer: bytes, key: centreKey)
      if answer.answers(request) { return answer }
      logger.error("the centre answered another request than this terminal's")
    } catch {
      logger.warning("no hold from the centre", metadata: ["reason": "\(error)"])
    }
    bell.ring()
    return nil
  }

  /// - Returns: As ``answer(to:)-(HoldRequest)``.
  func answer(to request: RefundHoldRequest) async -> RefundHoldAnswer? {
    do {
      let bytes = try await client.refund(
        request: try RefundHoldCodec.seal(request, key: key()), within: operatorPatience)
      let answer = try RefundHoldCodec.open(answer: bytes, key: centreKey)
      if answer.answers(request) { return answer }
      logger.error("the centre answered another request than this terminal's")
    } catch {
      logger.warning("no answer to a refund from the centre", metadata: ["reason": "\(error)"])
    }
    bell.ring()
    return nil
  }
}
