/// The names that both ends of a link use.
package enum WireContract {
  /// The terminal serves these to the centre (pull): `GET`, `POST`, `POST`.
  package static let batchPath = "/v1/batch"
  package static let ackPath = "/v1/ack"
  /// At the terminal `POST` delivers a page and answers with the next request; at the centre `POST`
  /// takes a request and answers with a page.
  package static let feedPath = "/v1/feed"
  /// At the centre only: `POST` asks for an amount to be set aside.
  package static let holdPath = "/v1/hold"
  /// At the centre only: `POST` asks for what goes back from another terminal's sale.
  package static let refundPath = "/v1/refund"
  /// At the centre only: `POST` waits for news.
  package static let newsPath = "/v1/news"
  /// At the centre only, without a certificate: `GET` gives the certificate of the centre's authority (PEM).
  package static let authorityPath = "/v1/authority"
  /// At the centre only, without a certificate: `POST` joins with a token.
  package static let enrolPath = "/v1/enrol"
  /// At the centre only: `POST` asks for a new certificate.
  package static let renewPath = "/v1/renew"
  /// At the terminal only: `GET` gives the request for a new certificate, when one is due; `POST` takes it.
  package static let renewalPath = "/v1/renewal"
  /// At the terminal only, for the others of its canteen: `POST` reserves there.
  package static let peerReservePath = "/v1/peer/reserve"
  /// At the terminal only, for the others of its canteen: `POST` tells what became of reservations.
  package static let peerTellPath = "/v1/peer/tell"
  /// At the centre only, without a certificate: `GET` says whether the books take records.
  package static let healthPath = "/healthz"
  /// The field of the answer to a batch that names what was seen in it, where something was: `fork`,
  /// `staleCopy`, `gap`, separated by commas.
  package static let flagsField = "Canteen-Flags"
}
