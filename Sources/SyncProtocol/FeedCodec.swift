package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// Feed pages and requests to bytes and back.
package enum FeedCodec {
  static let format: UInt32 = 1
  /// No page is longer: ``WireLimit/accountsPerFeedPage`` rows with several credentials each.
  package static let bytesLimit = 1024 * 1024

  /// The signed bytes of a page.
  ///
  /// - Parameter signedRulebook: The page's rulebook as ``RulebookCodec/sign(_:key:)`` made it.
  /// - Precondition: There is a signed rulebook if and only if the page has one.
  /// - Throws: ``WireError/tooLarge(_:)`` above ``bytesLimit``.
  package static func seal(
    _ page: FeedPage, signedRulebook: [UInt8]? = nil, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    precondition(
      (page.rulebook == nil) == (signedRulebook == nil), "a rulebook is fed as it was signed")
    var message = Canteen_V1_Feed()
    message.format = format
    message.terminal = page.terminal.number
    message.fromCursor = page.fromCursor
    message.toCursor = page.toCursor
    message.more = page.hasMore
    message.accounts = page.accounts.map { Canteen_V1_AccountRow($0) }
    message.items = page.items.map { Canteen_V1_ItemRow($0) }
    if let signedRulebook {
      message.rulebook = try parsed(signedRulebook, limit: bytesLimit, "rulebook")
    }
    if let place = page.place {
      message.place = .with {
        $0.canteen = place.canteen.number
        $0.onlyTerminal = place.isOnlyTerminal
        $0.peers = place.peers.map { peer in
          .with {
            $0.terminal = peer.terminal.number
            $0.url = peer.url ?? ""
          }
        }
      }
    }
    message.timeMs = page.timeMilliseconds
    message.echoedNonce = Data(page.echoedNonce?.bytes ?? [])
    message.deniedCursor = page.deniedCursor
    let bytes = try serialized(try key.sign(try serialized(message), as: .feed))
    guard bytes.count <= bytesLimit else { throw .tooLarge("feed") }
    return bytes
  }

  /// Verifies the signature and every row. A page with one bad row is refused whole.
  package static func open(_ bytes: [UInt8], key: VerifyingKey) throws(WireError) -> FeedPage {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, "feed")
    let body = try key.open(signed, as: .feed)
    let message: Canteen_V1_Feed = try parsed(body, limit: bytesLimit, "feed")
    guard message.format == format else { throw .unsupported("feed.format \(message.format)") }
    guard message.toCursor >= message.fromCursor, message.fromCursor >= 0 else {
      throw .malformed("feed.to_cursor")
    }
    guard message.deniedCursor >= 0 else { throw .malformed("feed.denied_cursor") }
    let nonce = Digest32(message.echoedNonce)
    guard nonce != nil || message.echoedNonce.isEmpty else { throw .malformed("feed.echoed_nonce") }
    var accounts: [AccountSnapshot] = []
    for row in message.accounts { accounts.append(try row.model()) }
    var items: [CatalogueRow] = []
    for row in message.items { items.append(try row.model()) }
    return FeedPage(
      terminal: TerminalID(message.terminal), fromCursor: message.fromCursor,
      toCursor: message.toCursor, hasMore: message.more, accounts: accounts,
      items: items,
      rulebook: message.hasRulebook ? try RulebookCodec.open(message.rulebook, key: key) : nil,
      place: message.hasPlace ? try message.place.model() : nil,
      timeMilliseconds: message.timeMs, echoedNonce: nonce, deniedCursor: message.deniedCursor)
  }

  /// No request is longer.
  package static let requestBytesLimit = 512

  /// The signed bytes of a request for the page behind a cursor.
  ///
  /// - Parameters:
  ///   - echoedNonce: That of the last ack that the terminal stored. Without it the rows include
  ///     nothing: every own sale that the ledger holds is subtracted.
  ///   - key: The terminal's own.
  package static func encode(
    _ cursor: FeedCursor, terminal: TerminalID, echoedNonce: Digest32? = nil, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_FeedRequest()
    message.cursor = cursor.version
    message.rulebookVersion = cursor.rulebookVersion
    message.deniedCursor = cursor.denied
    message.terminal = terminal.number
    message.format = format
    message.echoedNonce = Data(echoedNonce?.bytes ?? [])
    return try serialized(try key.sign(try serialized(message), as: .feedRequest))
  }

  /// Verifies the signature and reads the request.
  ///
  /// - Parameter key: That of the terminal that is said to ask.
  /// - Throws: ``WireError/badSignature``, ``WireError/malformed(_:)``,
  ///   ``WireError/unsupported(_:)``, ``WireError/tooLarge(_:)`` above ``requestBytesLimit``.
  package static func decode(
    request bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> FeedRequest {
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: requestBytesLimit, "feed request")
    let body = try key.open(signed, as: .feedRequest)
    let message: Canteen_V1_FeedRequest = try parsed(
      body, limit: requestBytesLimit, "feed request")
    guard message.format == format else {
      throw .unsupported("feed request.format \(message.format)")
    }
    guard message.terminal > 0 else { throw .malformed("feed request.terminal") }
    guard message.cursor >= 0 else { throw .malformed("feed request.cursor") }
    guard message.deniedCursor >= 0 else { throw .malformed("feed request.denied_cursor") }
    let nonce = Digest32(message.echoedNonce)
    guard nonce != nil || message.echoedNonce.isEmpty else {
      throw .malformed("feed request.echoed_nonce")
    }
    return FeedRequest(
      terminal: TerminalID(message.terminal),
      cursor: FeedCursor(
        version: message.cursor, rulebookVersion: message.rulebookVersion,
        denied: message.deniedCursor), echoedNonce: nonce)
  }
}

extension Canteen_V1_Feed.Place {
  fileprivate func model() throws(WireError) -> TerminalPlace {
    guard canteen > 0 else { throw .malformed("feed.place.canteen") }
    guard peers.count <= TerminalPlace.peerLimit else { throw .tooLarge("feed.place.peers") }
    var read: [PeerAddress] = []
    for peer in peers {
      guard peer.terminal > read.last?.terminal.number ?? 0, peer.url.utf8.count <= 256 else {
        throw .malformed("feed.place.peers")
      }
      read.append(
        PeerAddress(
          terminal: TerminalID(peer.terminal), url: peer.url.isEmpty ? nil : peer.url))
    }
    return TerminalPlace(
      canteen: CanteenID(canteen), isOnlyTerminal: onlyTerminal, peers: read)
  }
}
