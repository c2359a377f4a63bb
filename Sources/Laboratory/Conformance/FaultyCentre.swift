/// A mistake that the maker of a centre could make, planted in the guide's centre by `Scripts/faulty-centre.py`, and
/// the check that must find it.
enum FaultyCentre: String, CaseIterable, Sendable {
  case answersAnew = "answers-anew"
  case believesAnySignature = "believes-any-signature"
  case signsWithAnotherKey = "signs-with-another-key"
  case forgetsTheChallenge = "forgets-the-challenge"
  case takesBehindAGap = "takes-behind-a-gap"
  case seesNoFork = "sees-no-fork"
  case seesNoCopy = "sees-no-copy"
  case opensAnyEpoch = "opens-any-epoch"
  case answersInTheFormOfTheBody = "answers-in-the-form-of-the-body"
  case refusesInPlainText = "refuses-in-plain-text"
  case spendsTokensTwice = "spends-tokens-twice"
  case letsOldCertificatesIn = "lets-old-certificates-in"
  case readsAnyLength = "reads-any-length"
  case holdsAnew = "holds-anew"
  case echoesNoNonce = "echoes-no-nonce"

  /// ``ConformanceCheck/name``.
  var finder: String {
    switch self {
    case .answersAnew: "replay"
    case .believesAnySignature: "wrong-key"
    case .signsWithAnotherKey, .forgetsTheChallenge: "sign-of-life"
    case .takesBehindAGap: "gap"
    case .seesNoFork: "fork"
    case .seesNoCopy: "stale-nonce"
    case .opensAnyEpoch: "unknown-epoch"
    case .answersInTheFormOfTheBody: "accept"
    case .refusesInPlainText: "garbage"
    case .spendsTokensTwice: "enrol-spent-token"
    case .letsOldCertificatesIn: "renew"
    case .readsAnyLength: "too-large"
    case .holdsAnew: "hold"
    case .echoesNoNonce: "feed"
    }
  }
}
