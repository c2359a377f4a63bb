import Foundation
import Testing

@testable import Laboratory

@Suite struct BenchTableTests {
  @Test("a ratio is worse by the part by which it costs more, or brings less")
  func worse() throws {
    #expect(try #require(BenchFigure(.authoriseP50VsC, 1.2).worse(than: 1)) > 0.15)
    #expect(try #require(BenchFigure(.authoriseP50VsC, 1.1).worse(than: 1)) < 0.15)
    #expect(try #require(BenchFigure(.ingestVsC, 1).worse(than: 1.2)) > 0.15)
    #expect(try #require(BenchFigure(.ingestVsC, 1.2).worse(than: 1)) < 0)
    #expect(BenchFigure(.residentMib, 90).worse(than: 40) == nil, "no ratio")
  }

  @Test("what is written is read back, and figures that were not measured again stay")
  func readBack() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // try?: a leftover folder harms no test.
    defer { try? FileManager.default.removeItem(at: folder) }
    let (file, page) = (folder.path + "/bench.json", folder.path + "/benchmarks.md")
    try BenchFigure.write([BenchFigure(.authoriseP50VsC, 1), BenchFigure(.ingestVsC, 2)], to: file)
    try BenchTable(figures: file, page: page).write()
    try BenchFigure.write([BenchFigure(.authoriseP50VsC, 1.2)], to: file)
    #expect(BenchFigure.read(from: file).map(\.value) == [1.2, 2])
    let table = try BenchTable(figures: file, page: page)
    #expect(
      table.findings == [
        "worse: authorise_p50_vs_c 1.2, was 1.0 (20 %)"
      ])
    #expect(throws: LaboratoryError.self) { try BenchTable(figures: page, page: page) }
  }
}
