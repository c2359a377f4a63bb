import Laboratory
import Testing
import VirtualReaders

/// Every transfer of every driver's session, with the cable pulled there.
@Suite struct UnplugEverywhereTests {
  @Test(
    "an unplug at any transfer of a session loses nothing, invents nothing, and is recovered from",
    arguments: Specimen.usable)
  func everywhere(specimen: Specimen) {
    let report = UnplugEverywhere.run(specimen)
    #expect(report.findings.isEmpty)
    // The session itself must have happened.
    #expect(report.transfers > 3)
    #expect(report.sessions == 1 + 4 * report.transfers)
  }
}
