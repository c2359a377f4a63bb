package import CanteenModel

/// A rotation of a terminal's key that the books hold.
package struct HeldRotation: Hashable, Sendable {
  package let position: JournalPosition
  /// The head after the record.
  package let id: Digest32
  package let previous: Digest32
  package let next: Digest32
  /// Whether it stands on the accepted branch of what was the newest epoch when it came.
  package let isAccepted: Bool

  package init(
    position: JournalPosition, id: Digest32, previous: Digest32, next: Digest32, isAccepted: Bool
  ) {
    self.position = position
    self.id = id
    self.previous = previous
    self.next = next
    self.isAccepted = isAccepted
  }
}

/// The keys that a terminal's records were and are signed with, as the books know them.
///
/// A key is judged by its place in the chain, never by the time at which something arrives
/// (ARCHITECTURE.md, The record).
package struct KeyLine: Hashable, Sendable {
  /// The key at the end of the accepted branch.
  package let current: Digest32
  /// In order of position.
  package let rotations: [HeldRotation]

  /// - Parameter rotations: In order of position.
  package init(current: Digest32, rotations: [HeldRotation]) {
    self.current = current
    self.rotations = rotations
  }

  /// What is in force behind a place of the accepted branch.
  package func key(behind place: JournalPosition) -> Digest32 {
    rotations.last { $0.isAccepted && $0.position <= place }?.next ?? first
  }

  /// The terminal's first key, from which rotations lead to every other one. The first accepted rotation need
  /// not hand it over: a fork that goes on in a new epoch has rotated before.
  private var first: Digest32 {
    var key = current
    var seen: Set = [key]
    while let before = rotations.first(where: { $0.next == key })?.previous,
      seen.insert(before).inserted
    {
      key = before
    }
    return key
  }

  /// Whether a key may sign where another one is in force: it is that one, or rotations lead from that one
  /// to it. A later key signs earlier records when they are handed in again; an earlier key signs no later
  /// ones.
  ///
  /// - Parameter presented: Rotations that the books do not hold, and that were found genuine.
  package func mayBeSigned(
    by key: Digest32, where inForce: Digest32, presented: [KeyRotated] = []
  ) -> Bool {
    var reached: Set = [inForce]
    let steps =
      rotations.map { ($0.previous, $0.next) } + presented.map { ($0.previous, $0.next) }
    var isGrowing = true
    while isGrowing, !reached.contains(key) {
      let found = steps.filter { reached.contains($0.0) }.map(\.1)
      isGrowing = !reached.isSuperset(of: found)
      reached.formUnion(found)
    }
    return reached.contains(key)
  }

  /// Whether a rotation may hand over a key where another one is in force: that one, or one to which rotations
  /// lead from it. A ledger that forked and rotated there goes on, also in a new epoch, with a key that the
  /// accepted branch never saw.
  ///
  /// - Parameter presented: As of ``mayBeSigned(by:where:presented:)``.
  package func mayHandOver(
    _ key: Digest32, where inForce: Digest32, presented: [KeyRotated] = []
  ) -> Bool {
    #if SEEDED_BUGS
      if SeededRuleBug.planted == .forkHandsNothingOver { return key == inForce }
    #endif
    return mayBeSigned(by: key, where: inForce, presented: presented)
  }

  /// What the terminal's requests may be signed with: the key at the end of the accepted branch, or at that of
  /// a fork that went on from there. A branch that left before the accepted one rotated has none, also when it
  /// rotates by itself: it hands in what it has, and is told nothing. Otherwise whoever has a key that was
  /// handed over would rotate on a branch of his own and be told everything again.
  package var requestKeys: [Digest32] {
    #if SEEDED_BUGS
      let believesAll = SeededRuleBug.planted == .retiredKeyRotates
    #else
      let believesAll = false
    #endif
    let forks = rotations.filter { fork in
      !fork.isAccepted && fork.next != current
        && !rotations.contains { $0.previous == fork.next }
        && (believesAll || mayBeSigned(by: fork.next, where: current))
    }
    return [current] + forks.map(\.next)
  }

  /// Every key that the terminal ever had.
  package var all: Set<Digest32> {
    Set(rotations.flatMap { [$0.previous, $0.next] }).union([current])
  }
}
