/// What a terminal may show of a name: the first and the last character, `王*明`; of two, the first.
///
/// One star stands for whatever is between, so that it does not tell how long the name is.
package enum MaskedName {
  /// - Returns: At most 64 bytes of UTF-8; `nil` for an empty name and
  ///   for one whose two characters need more.
  package static func mask(_ name: String) -> String? {
    guard let first = name.first, let last = name.last else { return nil }
    let masked =
      switch name.count {
      case 1: "*"
      case 2: "\(first)*"
      default: "\(first)*\(last)"
      }
    return masked.utf8.count <= 64 ? masked : nil
  }
}
