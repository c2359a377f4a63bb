import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore
package import SyncProtocol

/// A fault of a file, by its place.
package struct ProblemPlace: Hashable, Codable, Sendable {
  /// As in the file: the header is row 1.
  package let row: Int
  /// As the file names it; `nil`: the row as a whole.
  package let column: String?
  /// What is wrong, and what to do.
  package let message: String

  package init(row: Int, column: String?, message: String) {
    self.row = row
    self.column = column
    self.message = message
  }

  /// Reads what imports say of a fault: `row 3, column 单位名称: is empty`.
  ///
  /// - Returns: `nil` for a fault without a place.
  package init?(_ fault: String) {
    guard fault.hasPrefix("row "), let colon = fault.firstRange(of: ": ") else { return nil }
    let place = fault[..<colon.lowerBound].dropFirst(4)
    let comma = place.firstRange(of: ", column ")
    guard let row = Int(place[..<(comma?.lowerBound ?? place.endIndex)]) else { return nil }
    self.init(
      row: row, column: comma.map { String(place[$0.upperBound...]) },
      message: String(fault[colon.upperBound...]))
  }
}

/// The body of every refusal, in the shape of RFC 9457: a name that stays, what happened this time, and what its
/// receiver does.
package struct Problem: Error, Codable, Sendable {
  /// ``WireProblem/uri``.
  package let type: String
  package let title: String
  /// That of HTTP.
  package let status: Int
  /// For a person.
  package let detail: String
  package let remedy: String
  /// The faults of a file, each by its place; `nil` where it was no file, or where a fault has none. All of ``detail``
  /// that has a place is here.
  package private(set) var errors: [ProblemPlace]?
  /// In how many seconds the sender may come again. Not in the body: HTTP has a field for it.
  package private(set) var retryAfter: Int?

  private enum CodingKeys: CodingKey {
    case type, title, status, detail, remedy, errors
  }

  /// - Parameter retryAfter: In seconds.
  package init(_ problem: WireProblem, _ detail: String, retryAfter: Int? = nil) {
    type = problem.uri
    title = problem.title
    status = problem.status
    remedy = problem.remedy
    self.detail = detail
    self.retryAfter = retryAfter
  }

  /// A refusal of another listener's names.
  ///
  /// - Parameter name: Of the problem, for ``type``.
  package init(
    name: String, title: String, status: Int, detail: String, remedy: String,
    errors: [ProblemPlace]? = nil, retryAfter: Int? = nil
  ) {
    type = WireProblem.uri(of: name)
    self.title = title
    self.status = status
    self.detail = detail
    self.remedy = remedy
    self.errors = errors
    self.retryAfter = retryAfter
  }

  init(json: [UInt8]) throws {
    self = try JSONDecoder().decode(Problem.self, from: Data(json))
  }

  package static let mediaType = "application/problem+json"
  /// How long a sender waits before it tries an end again that cannot answer now.
  private static let usualRetryAfter = 5

  /// The answer that says it.
  package func response() throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var response = Response(
      status: HTTPResponse.Status(code: status), headers: [.contentType: Self.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(self))))
    if let seconds = retryAfter ?? (status == 503 ? Self.usualRetryAfter : nil) {
      response.headers[.retryAfter] = "\(seconds)"
    }
    return response
  }
}

/// An error that says itself what the other end is told of it.
package protocol ProblemSource: Error {
  var problem: Problem { get }
}

extension Problem: ProblemSource {
  package var problem: Problem { self }
}

extension WireError: ProblemSource {
  package var problem: Problem {
    switch self {
    case .malformed(let part):
      Problem(kind, "\(part) is not what the wire contract says: same versions?")
    case .tooLarge(let part): Problem(kind, "\(part) is larger than the wire contract allows")
    case .unsupported(let part): Problem(kind, "\(part) is not spoken here")
    case .badSignature: Problem(kind, "the signature does not fit the bytes and the key")
    case .retiredKey: Problem(kind, "the signature is of a key that was handed over to another one")
    case .brokenChain: Problem(kind, "the records do not lead to the stated head")
    }
  }

  /// How it is named in a refusal.
  package var kind: WireProblem {
    switch self {
    case .malformed, .tooLarge: .malformed
    case .unsupported: .notSpoken
    case .badSignature, .retiredKey, .brokenChain: .notGenuine
    }
  }
}
