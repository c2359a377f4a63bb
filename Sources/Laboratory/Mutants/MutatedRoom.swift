/// What of the product has its regions counted and is mutated.
package enum MutatedRoom: String, CaseIterable, Sendable {
  /// `TerminalCore`.
  case core
  /// The journal's decide, recover and verify.
  case journal
  /// `TerminalCore`, looked at by the fleet simulator's checkers alone. Needs a release build of `canteen-lab`.
  case fleet

  func package(root: String, folder: String, configuration: String) -> any TestedPackage {
    switch self {
    case .core: CorePackage(root: root, folder: folder, configuration: configuration)
    case .journal: JournalPackage(root: root, folder: folder)
    case .fleet: FleetPackage(root: root, folder: folder)
    }
  }
}
