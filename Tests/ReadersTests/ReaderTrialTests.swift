import Laboratory
import Testing

@testable import Readers

/// What the readers promise; and that each promise would be missed.
@Suite struct ReaderTrialTests {
  @Test("the readers keep what they promise", arguments: ReaderTrial.allCases)
  func promises(trial: ReaderTrial) {
    let findings = trial.findings()
    #expect(findings.isEmpty, "\(findings)")
  }

  #if SEEDED_BUGS
    @Test("each planted bug is found by its trial", arguments: SeededReaderBug.allCases)
    func bugs(bug: SeededReaderBug) {
      let findings = SeededReaderBug.$planted.withValue(bug) { bug.finder.findings() }
      #expect(!findings.isEmpty)
    }
  #endif
}
