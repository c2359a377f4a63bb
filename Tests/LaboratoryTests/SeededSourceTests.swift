import Testing

@testable import Laboratory

/// What of a source is mutated, and whose regions are counted.
@Suite struct SeededSourceTests {
  @Test("planted bugs are left out, what stands for them stays, and lines stay where they are")
  func released() {
    let source = """
      let a = 1
      #if SEEDED_BUGS
        let b = 2
        #if os(Linux)
          let c = 3
        #else
          let d = 4
        #endif
      #else
        let e = 5
      #endif
      #if os(Linux)
        let f = 6
        #if SEEDED_BUGS
          let g = 7
        #endif
      #endif
      let h = 8
      """
    let lines = SeededSource.released(source).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 18)
    #expect(lines[9] == "  let e = 5")
    let words = lines.filter { !$0.isEmpty }.map { $0.drop { $0 == " " } }
    #expect(
      words == ["let a = 1", "let e = 5", "#if os(Linux)", "let f = 6", "#endif", "let h = 8"])
  }

  @Test("a list of what cannot be noticed or run names each line once")
  func lists() {
    for list in [EquivalentMutant.core, EquivalentMutant.journal] {
      #expect(Set(list).count == list.count)
      #expect(list.allSatisfy { !$0.reason.isEmpty })
    }
    let regions = UnreachableRegion.journal
    #expect(Set(regions).count == regions.count)
    #expect(regions.allSatisfy { !$0.reason.isEmpty })
  }
}
