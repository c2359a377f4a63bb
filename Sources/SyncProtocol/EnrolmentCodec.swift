package import CanteenModel
import SwiftProtobuf

import struct Foundation.Data

/// What a terminal sends to join.
package struct EnrolRequest: Hashable, Sendable {
  package let terminal: TerminalID
  /// From the join token, 16 bytes.
  package let tokenSecret: [UInt8]
  /// PKCS #10 in DER.
  package let certificateRequest: [UInt8]
  /// What its records will be signed with. The request is signed with it.
  package let recordKey: VerifyingKey

  package init(
    terminal: TerminalID, tokenSecret: [UInt8], certificateRequest: [UInt8],
    recordKey: VerifyingKey
  ) {
    self.terminal = terminal
    self.tokenSecret = tokenSecret
    self.certificateRequest = certificateRequest
    self.recordKey = recordKey
  }
}

/// What a terminal sends for a new certificate.
package struct RenewRequest: Hashable, Sendable {
  package let terminal: TerminalID
  /// PKCS #10 in DER.
  package let certificateRequest: [UInt8]

  package init(terminal: TerminalID, certificateRequest: [UInt8]) {
    self.terminal = terminal
    self.certificateRequest = certificateRequest
  }
}

/// What a terminal knows of itself and of the centre once it has joined.
package struct Enrolment: Hashable, Sendable {
  package let terminal: TerminalID
  /// What the centre calls it.
  package let name: String
  /// X.509 in DER.
  package let certificate: [UInt8]
  /// X.509 in DER.
  package let authority: [UInt8]
  package let centreKey: VerifyingKey

  package init(
    terminal: TerminalID, name: String, certificate: [UInt8], authority: [UInt8],
    centreKey: VerifyingKey
  ) {
    self.terminal = terminal
    self.name = name
    self.certificate = certificate
    self.authority = authority
    self.centreKey = centreKey
  }
}

/// What is said when a terminal joins or asks for a new certificate, to bytes and back.
package enum EnrolmentCodec {
  static let format: UInt32 = 1
  /// No request and no answer is longer.
  package static let bytesLimit = 8192
  private static let secretLength = 16

  /// The signed bytes of a request to join.
  ///
  /// - Precondition: `key` is the one whose public half the request names.
  package static func seal(
    _ request: EnrolRequest, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    precondition(request.recordKey == key.publicKey, "a terminal joins with its own key")
    var message = Canteen_V1_EnrolRequest()
    message.format = format
    message.terminal = request.terminal.number
    message.tokenSecret = Data(request.tokenSecret)
    message.certificateRequest = Data(request.certificateRequest)
    message.recordKey = Data(request.recordKey.rawBytes)
    return try serialized(try key.sign(try serialized(message), as: .enrol))
  }

  /// Reads a request to join, which the key that it names must have signed: nobody joins with another's key.
  ///
  /// - Throws: ``WireError``.
  package static func open(enrol bytes: [UInt8]) throws(WireError) -> EnrolRequest {
    let what = "enrol request"
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, what)
    let claimed: Canteen_V1_EnrolRequest = try parsed(
      Array(signed.body), limit: bytesLimit, what)
    guard claimed.format == format else { throw .unsupported("\(what).format \(claimed.format)") }
    guard claimed.terminal > 0 else { throw .malformed("\(what).terminal") }
    guard claimed.tokenSecret.count == secretLength else {
      throw .malformed("\(what).token_secret")
    }
    let key = try VerifyingKey(rawBytes: Array(claimed.recordKey))
    _ = try key.open(signed, as: .enrol)
    return EnrolRequest(
      terminal: TerminalID(claimed.terminal), tokenSecret: Array(claimed.tokenSecret),
      certificateRequest: Array(claimed.certificateRequest), recordKey: key)
  }

  /// The signed bytes of a request for a new certificate.
  ///
  /// - Parameter key: What the terminal's records are signed with.
  package static func seal(
    _ request: RenewRequest, key: SigningKey
  ) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_RenewRequest()
    message.format = format
    message.terminal = request.terminal.number
    message.certificateRequest = Data(request.certificateRequest)
    return try serialized(try key.sign(try serialized(message), as: .renew))
  }

  /// Verifies the signature and reads a request for a new certificate.
  ///
  /// - Parameter key: What the terminal's records are signed with.
  /// - Throws: ``WireError``.
  package static func open(
    renew bytes: [UInt8], key: VerifyingKey
  ) throws(WireError) -> RenewRequest {
    let what = "renew request"
    let signed: Canteen_V1_Signed = try parsed(bytes, limit: bytesLimit, what)
    let body = try key.open(signed, as: .renew)
    let message: Canteen_V1_RenewRequest = try parsed(body, limit: bytesLimit, what)
    guard message.format == format else { throw .unsupported("\(what).format \(message.format)") }
    guard message.terminal > 0 else { throw .malformed("\(what).terminal") }
    return RenewRequest(
      terminal: TerminalID(message.terminal),
      certificateRequest: Array(message.certificateRequest))
  }

  /// The bytes of the answer to either.
  package static func encode(_ enrolment: Enrolment) throws(WireError) -> [UInt8] {
    var message = Canteen_V1_Enrolment()
    message.format = format
    message.terminal = enrolment.terminal.number
    message.name = enrolment.name
    message.certificate = Data(enrolment.certificate)
    message.authority = Data(enrolment.authority)
    message.centreKey = Data(enrolment.centreKey.rawBytes)
    return try serialized(message)
  }

  /// Reads the answer to either.
  ///
  /// - Throws: ``WireError``.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> Enrolment {
    let what = "enrolment"
    let message: Canteen_V1_Enrolment = try parsed(bytes, limit: bytesLimit, what)
    guard message.format == format else { throw .unsupported("\(what).format \(message.format)") }
    guard message.terminal > 0 else { throw .malformed("\(what).terminal") }
    return Enrolment(
      terminal: TerminalID(message.terminal), name: message.name,
      certificate: Array(message.certificate), authority: Array(message.authority),
      centreKey: try VerifyingKey(rawBytes: Array(message.centreKey)))
  }
}
