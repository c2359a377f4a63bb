package import CanteenModel

extension Credential {
  /// What accounts are bound to in place of a code: its SHA-256.
  ///
  /// - Parameter code: As it was printed, without what a scanner adds. 1 byte or more.
  package init(code: some Collection<UInt8>) {
    self.init(kind: .code, value: Digest32(sha256: code).bytes)
  }
}
