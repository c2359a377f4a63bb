/// What a codec or a driver did with some bytes that it must do with none.
///
/// It is thrown, not trapped: a test shows its sentence, and the fuzzer stops the process with it.
package struct BrokenPromise: Error, Equatable, Sendable, CustomStringConvertible {
  /// In words.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Goes on only when something holds that must hold for all bytes.
func promise(
  _ holds: Bool, _ sentence: @autoclosure () -> String
) throws(BrokenPromise) {
  guard holds else { throw BrokenPromise(sentence()) }
}
