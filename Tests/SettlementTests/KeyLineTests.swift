import CanteenModel
import SettlementCore
import Testing

/// The rule that judges a key by its place in the chain.
@Suite struct KeyLineTests {
  private static let (first, second, third, own) = (digest(1), digest(2), digest(3), digest(4))

  private static func digest(_ byte: UInt8) -> Digest32 {
    Digest32([UInt8](repeating: byte, count: 32)) ?? .zero
  }

  private static func place(_ sequence: UInt64, epoch: UInt32 = 1) -> JournalPosition {
    JournalPosition(epoch: Epoch(epoch), sequence: SequenceNumber(sequence))
  }

  private static func rotation(
    _ sequence: UInt64, epoch: UInt32 = 1, _ previous: Digest32, _ next: Digest32,
    isAccepted: Bool = true
  ) -> HeldRotation {
    HeldRotation(
      position: place(sequence, epoch: epoch), id: digest(UInt8(sequence)), previous: previous,
      next: next, isAccepted: isAccepted)
  }

  /// Rotated at record 10 of the first epoch and at record 5 of the second; a fork rotated at record 7.
  private let line = KeyLine(
    current: third,
    rotations: [
      rotation(7, first, own, isAccepted: false), rotation(10, first, second),
      rotation(5, epoch: 2, second, third),
    ])

  @Test(
    "each place has its key: the rotation itself is the last that the key before signs",
    arguments: [
      (place(0), first), (place(9), first), (place(10), second), (place(11), second),
      (place(0, epoch: 2), second), (place(4, epoch: 2), second), (place(5, epoch: 2), third),
      (place(1, epoch: 3), third),
    ])
  func inForce(place: JournalPosition, key: Digest32) {
    #expect(line.key(behind: place) == key)
    #expect(KeyLine(current: key, rotations: []).key(behind: place) == key)
  }

  @Test("a later key signs earlier records again, and an earlier one no later ones")
  func direction() {
    #expect(line.mayBeSigned(by: Self.third, where: Self.first))
    #expect(line.mayBeSigned(by: Self.second, where: Self.second))
    #expect(line.mayBeSigned(by: Self.own, where: Self.first))
    #expect(!line.mayBeSigned(by: Self.first, where: Self.second))
    #expect(!line.mayBeSigned(by: Self.second, where: Self.third))
    #expect(!line.mayBeSigned(by: Self.own, where: Self.second))
    #expect(!line.mayBeSigned(by: Self.digest(9), where: Self.first))
    let shown = [
      KeyRotated(previous: Self.third, next: Self.digest(9), handover: [], possession: [])
    ]
    #expect(line.mayBeSigned(by: Self.digest(9), where: Self.second, presented: shown))
    #expect(!line.mayBeSigned(by: Self.digest(9), where: Self.own, presented: shown))
  }

  /// A fork rotated twice at records 7 and 9, and went on in a second epoch, where it rotates again.
  private func forked(goesOn: Bool) -> KeyLine {
    let fork = [
      Self.rotation(7, Self.first, Self.own, isAccepted: false),
      Self.rotation(9, Self.own, Self.second, isAccepted: false),
    ]
    return goesOn
      ? KeyLine(
        current: Self.third,
        rotations: fork + [Self.rotation(5, epoch: 2, Self.second, Self.third)])
      : KeyLine(current: Self.first, rotations: fork)
  }

  @Test(
    "a fork hands over the key that it has, not one that it handed over, and goes on in an epoch")
  func forkGoesOn() {
    let line = forked(goesOn: false)
    #expect(line.requestKeys == [Self.first, Self.second])
    #expect(line.mayHandOver(Self.second, where: line.key(behind: Self.place(0, epoch: 2))))
    #expect(!line.mayHandOver(Self.third, where: Self.first))
    let gone = forked(goesOn: true)
    #expect(gone.requestKeys == [Self.third])
    #expect(
      gone.key(behind: Self.place(20)) == Self.first, "the accepted branch never rotated there")
    #expect(gone.key(behind: Self.place(5, epoch: 2)) == Self.third)
    for key in [Self.first, Self.own, Self.second] {
      #expect(!gone.mayHandOver(key, where: Self.third))
      #expect(!gone.mayBeSigned(by: key, where: Self.third))
    }
  }

  @Test("a line that forgets a fork's key, or believes one that was handed over, is found out")
  func seededBugs() {
    SeededRuleBug.$planted.withValue(.forkHandsNothingOver) {
      #expect(!forked(goesOn: false).mayHandOver(Self.second, where: Self.first))
    }
    SeededRuleBug.$planted.withValue(.retiredKeyRotates) {
      #expect(line.requestKeys == [Self.third, Self.own])
    }
  }

  @Test("keys that hand over in a circle come to an end")
  func circle() {
    let circle = KeyLine(
      current: Self.first,
      rotations: [
        Self.rotation(2, Self.first, Self.second), Self.rotation(3, Self.second, Self.first),
      ])
    #expect(!circle.mayBeSigned(by: Self.third, where: Self.first))
    #expect(circle.key(behind: Self.place(1)) == Self.second)
  }

  @Test("requests are signed with the key at the end of a branch")
  func requests() {
    #expect(line.requestKeys == [Self.third], "the fork left with a key that was handed over")
    #expect(line.all == [Self.first, Self.second, Self.third, Self.own])
    #expect(KeyLine(current: Self.first, rotations: []).requestKeys == [Self.first])
  }
}
