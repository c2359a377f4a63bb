import CanteenModel

/// One route of the contract: what it takes, what it gives, and how it may refuse. The listeners serve these,
/// and `docs/openapi.json` describes them; a test compares the two.
package struct WireRoute: Hashable, Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// What a request brings.
  package struct Body: Hashable, Sendable {
    package let message: WireMessage
    /// Of the message in protobuf, in bytes; ``WireForm/bodyLimit(for:)`` says what that is in JSON.
    package let limit: Int
  }

  /// What a request is answered with.
  package enum Answer: Hashable, Sendable {
    case message(WireMessage)
    /// In one form only.
    case text(mediaType: String)
  }

  package let method: Method
  package let path: String
  /// `nil`: a request without a body.
  package let takes: Body?
  package let gives: Answer
  /// The refusals that belong to this route. Any may fail, and be told so.
  package let problems: [WireProblem]

  private static func get(
    _ path: String, gives: Answer, _ problems: [WireProblem]
  ) -> WireRoute {
    var all = problems
    if case .message = gives { all.append(.notAcceptable) }
    return WireRoute(
      method: .get, path: path, takes: nil, gives: gives, problems: all + [.failed])
  }

  private static func post(
    _ path: String, _ message: WireMessage, upTo limit: Int, gives answer: WireMessage,
    _ problems: [WireProblem]
  ) -> WireRoute {
    WireRoute(
      method: .post, path: path, takes: Body(message: message, limit: limit),
      gives: .message(answer),
      problems: [.malformed] + problems + [
        .notAcceptable, .bodyTooSlow, .bodyTooLarge, .mediaTypeUnsupported, .failed, .notNow,
      ])
  }
}

/// What the centre serves.
extension WireRoute {
  /// What the centre says to a terminal whose request it looks at.
  private static let judging: [WireProblem] = [
    .notSpoken, .notGenuine, .noCertificate, .notAdmitted,
  ]

  /// The certificate of the centre's authority, for everybody.
  package static let authority = get(
    WireContract.authorityPath, gives: .text(mediaType: "application/x-pem-file"), [])
  /// Joins with a token, without a certificate.
  package static let enrol = post(
    WireContract.enrolPath, .signed, upTo: EnrolmentCodec.bytesLimit, gives: .enrolment,
    [.notSpoken, .notGenuine, .refused, .notAdmitted])
  /// A new certificate.
  package static let renew = post(
    WireContract.renewPath, .signed, upTo: EnrolmentCodec.bytesLimit, gives: .enrolment, judging)
  /// A batch for an ack.
  package static let deliverBatch = post(
    WireContract.batchPath, .batch, upTo: WireLimit.bytesPerBatch, gives: .signed,
    judging + [.epochNotOpen, .tooManyRequests])
  /// A request for a page of the feed.
  package static let askFeed = post(
    WireContract.feedPath, .signed, upTo: FeedCodec.requestBytesLimit, gives: .signed,
    judging + [.refused, .certificateExpired, .tooManyRequests])
  /// A request for an amount to be set aside.
  package static let askHold = post(
    WireContract.holdPath, .signed, upTo: HoldCodec.requestBytesLimit, gives: .signed,
    judging + [.refused, .certificateExpired, .tooManyRequests])
  /// A request for what goes back from another terminal's sale.
  package static let askRefund = post(
    WireContract.refundPath, .signed, upTo: RefundHoldCodec.requestBytesLimit, gives: .signed,
    judging + [.refused, .certificateExpired, .tooManyRequests])
  /// Whether there are news, at once or when there are some.
  package static let askNews = post(
    WireContract.newsPath, .newsRequest, upTo: NewsCodec.bytesLimit, gives: .news,
    [.noCertificate, .notAdmitted, .certificateExpired, .tooManyRequests])
  /// Whether the books take records, for everybody.
  package static let health = get(
    WireContract.healthPath, gives: .text(mediaType: WireForm.json.mediaType), [.notNow])

  package static let ofCentre: [WireRoute] = [
    .authority, .enrol, .renew, .deliverBatch, .askFeed, .askHold, .askRefund, .askNews, .health,
  ]
}

/// What a terminal serves that is pulled, to its centre alone.
extension WireRoute {
  /// What a terminal says to who is not its centre, or not any more.
  private static let judgingCentre: [WireProblem] = [.notAdmitted, .certificateExpired]

  /// The next batch.
  package static let nextBatch = get(
    WireContract.batchPath, gives: .message(.batch), judgingCentre + [.notNow])
  /// An ack.
  package static let takeAck = post(
    WireContract.ackPath, .signed, upTo: AckCodec.bytesLimit, gives: .nothing,
    judgingCentre + [.notAccepted])
  /// A page of the feed, or nothing, for the next request.
  package static let takeFeed = post(
    WireContract.feedPath, .signed, upTo: FeedCodec.bytesLimit, gives: .signed,
    judgingCentre + [.notAccepted])
  /// The request for a new certificate, or nothing.
  package static let renewalRequest = get(
    WireContract.renewalPath, gives: .message(.signed), judgingCentre + [.notNow])
  /// A new certificate.
  package static let takeRenewal = post(
    WireContract.renewalPath, .enrolment, upTo: EnrolmentCodec.bytesLimit, gives: .nothing,
    judgingCentre + [.notAccepted])

  package static let ofTerminal: [WireRoute] = [
    .nextBatch, .takeAck, .takeFeed, .renewalRequest, .takeRenewal,
  ]
}

/// What a terminal serves to the others of its canteen, and to nobody else.
extension WireRoute {
  /// What a terminal says to who is none of them, or not any more, or comes too often.
  private static let judgingPeers: [WireProblem] = [
    .notAdmitted, .certificateExpired, .tooManyRequests,
  ]

  /// What another terminal wants to reserve before it approves.
  package static let reserve = post(
    WireContract.peerReservePath, .reservation, upTo: PeerCodec.bytesLimit,
    gives: .reservationAnswer, judgingPeers)
  /// What became of reservations; without any, a greeting.
  package static let tell = post(
    WireContract.peerTellPath, .peerNews, upTo: PeerCodec.newsBytesLimit, gives: .nothing,
    judgingPeers)

  package static let ofNeighbours: [WireRoute] = [.reserve, .tell]
}
