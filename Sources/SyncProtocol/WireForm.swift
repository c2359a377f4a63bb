import SwiftProtobuf

import struct Foundation.Data

/// In which form a body travels. What is signed stands in it as bytes in both, and is never encoded again: a
/// signature holds whatever the form, and a stored answer is the same bytes each time in each.
package enum WireForm: Hashable, Sendable, CaseIterable {
  /// The wire format of protobuf, version 3.
  case protobuf
  /// The JSON that protobuf defines for its messages: names in lowerCamelCase, bytes in base64, integers of 64
  /// bits as strings. Names that are not known are passed over.
  case json

  package var mediaType: String {
    switch self {
    case .protobuf: "application/x-protobuf"
    case .json: "application/json"
    }
  }

  /// How long a body may be in this form.
  ///
  /// - Parameter bytes: How long the message may be in protobuf. Base64 makes a third more of it; the rest is
  ///   for names, commas, and the spaces of somebody who indents.
  package func bodyLimit(for bytes: Int) -> Int {
    switch self {
    case .protobuf: bytes
    case .json: bytes + bytes / 2 + 4096
    }
  }

  /// Reads a body.
  ///
  /// - Parameter limit: How long the message may be in protobuf, in bytes.
  /// - Returns: The message in protobuf; nothing for an empty body.
  /// - Throws: ``WireError/malformed(_:)``, also for JSON that is nested deeper than any message of the
  ///   contract; ``WireError/tooLarge(_:)``.
  package func read(
    _ body: [UInt8], as message: WireMessage, upTo limit: Int
  ) throws(WireError) -> [UInt8] {
    guard self == .json, !body.isEmpty else { return body }
    guard body.count <= bodyLimit(for: limit) else { throw .tooLarge(message.rawValue) }
    guard !JSONNesting.isDeeper(than: Self.deepestJSON, body) else {
      throw .malformed("\(message.rawValue): JSON that is nested so deep")
    }
    let bytes =
      switch message {
      case .signed: try Self.protobuf(Canteen_V1_Signed.self, body, message)
      case .batch: try Self.protobuf(Canteen_V1_Batch.self, body, message)
      case .enrolment: try Self.protobuf(Canteen_V1_Enrolment.self, body, message)
      case .newsRequest: try Self.protobuf(Canteen_V1_NewsRequest.self, body, message)
      case .news: try Self.protobuf(Canteen_V1_News.self, body, message)
      case .reservation: try Self.protobuf(Canteen_V1_Reservation.self, body, message)
      case .reservationAnswer: try Self.protobuf(Canteen_V1_ReservationAnswer.self, body, message)
      case .peerNews: try Self.protobuf(Canteen_V1_PeerNews.self, body, message)
      case .nothing: try Self.protobuf(Google_Protobuf_Empty.self, body, message)
      }
    guard bytes.count <= limit else { throw .tooLarge(message.rawValue) }
    return bytes
  }

  /// Writes a body. The same message gets the same bytes.
  ///
  /// - Parameter bytes: The message in protobuf; may be empty.
  /// - Throws: ``WireError/malformed(_:)`` for bytes that are not this message.
  package func write(_ bytes: [UInt8], as message: WireMessage) throws(WireError) -> [UInt8] {
    guard self == .json else { return bytes }
    return switch message {
    case .signed: try Self.json(Canteen_V1_Signed.self, bytes, message)
    case .batch: try Self.json(Canteen_V1_Batch.self, bytes, message)
    case .enrolment: try Self.json(Canteen_V1_Enrolment.self, bytes, message)
    case .newsRequest: try Self.json(Canteen_V1_NewsRequest.self, bytes, message)
    case .news: try Self.json(Canteen_V1_News.self, bytes, message)
    case .reservation: try Self.json(Canteen_V1_Reservation.self, bytes, message)
    case .reservationAnswer: try Self.json(Canteen_V1_ReservationAnswer.self, bytes, message)
    case .peerNews: try Self.json(Canteen_V1_PeerNews.self, bytes, message)
    case .nothing: try Self.json(Google_Protobuf_Empty.self, bytes, message)
    }
  }

  /// A batch has three levels; what later versions add is nested a little deeper at most.
  private static let deepestJSON = 16

  private static func protobuf<M: Message>(
    _ type: M.Type, _ body: [UInt8], _ message: WireMessage
  ) throws(WireError) -> [UInt8] {
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    let read: M
    do {
      read = try M(jsonUTF8Bytes: body, options: options)
    } catch {
      throw .malformed("\(message.rawValue) in JSON")
    }
    return try serialized(read)
  }

  private static func json<M: Message>(
    _ type: M.Type, _ bytes: [UInt8], _ message: WireMessage
  ) throws(WireError) -> [UInt8] {
    let read: M = try parsed(bytes, limit: .max, message.rawValue)
    do {
      return try read.jsonUTF8Bytes()
    } catch {
      throw .malformed("\(message.rawValue): \(error)")
    }
  }
}

/// The message that a body is.
package enum WireMessage: String, Hashable, Sendable {
  case signed = "Signed"
  case batch = "Batch"
  case enrolment = "Enrolment"
  case newsRequest = "NewsRequest"
  case news = "News"
  case reservation = "Reservation"
  case reservationAnswer = "ReservationAnswer"
  case peerNews = "PeerNews"
  /// No bytes; `{}` in JSON.
  case nothing = "nothing"
}

/// How deep JSON is nested, found without reading it.
enum JSONNesting {
  /// The library passes over what it does not know by calling itself for every object in an object, without a
  /// bound: a hundred thousand of them would end the process (`JSONScanner.skipObject`, swift-protobuf 1.39).
  static func isDeeper(than limit: Int, _ json: [UInt8]) -> Bool {
    var depth = 0
    var isText = false
    var isEscaped = false
    for byte in json {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      if depth > limit { return true }
    }
    return false
  }
}
