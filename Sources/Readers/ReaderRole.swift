/// What a reader is for.
package enum ReaderRole: String, Hashable, Sendable, Codable, CaseIterable {
  case card, scanner, face

  /// In words, for people.
  package var name: String {
    switch self {
    case .card: "card reader"
    case .scanner: "scanner"
    case .face: "face module"
    }
  }
}
