import CanteenModel
import Foundation
import LinkSecurity
import Testing

@testable import Laboratory

/// The kit itself; `make contract-test` runs it against centres.
@Suite struct ConformanceTests {
  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test("a check that fails sends its reader to a section that the guide has")
  func sections() throws {
    let guide = try String(
      contentsOf: Self.repository.appending(path: "docs/integration.md"), encoding: .utf8)
    for section in ContractSection.allCases {
      #expect(guide.contains("\n## \(section.rawValue)\n"))
    }
    #expect(Set(ConformanceCheck.all.map(\.section)) == Set(ContractSection.allCases))
  }

  @Test("every check has a name of its own, and every planted mistake one that finds it")
  func names() throws {
    let names = ConformanceCheck.all.map(\.name)
    #expect(Set(names).count == names.count)
    let planted = try String(
      contentsOf: Self.repository.appending(path: "Scripts/faulty-centre.py"), encoding: .utf8)
    for fault in FaultyCentre.allCases {
      #expect(names.contains(fault.finder))
      let function = fault.rawValue.replacing("-", with: "_")
      #expect(planted.contains("\ndef \(function)():\n"), "\(fault)")
    }
  }

  @Test("a token that was cut, and an address that is none, are refused before anything is asked")
  func arguments() throws {
    #expect(throws: LaboratoryError.self) {
      try ConformanceTest(url: "https://127.0.0.1:1", token: "canteen-AAAAA2q")
    }
    #expect(throws: LaboratoryError.self) {
      try ConformanceTest(url: "nowhere", token: Self.token.text)
    }
  }

  @Test("where nobody answers, the first check fails and the others are not tried")
  func nobody() async throws {
    let test = try ConformanceTest(url: "https://127.0.0.1:1", token: Self.token.text)
    var lines: [String] = []
    let result = await test.tried { lines.append($0) }
    #expect(result.tried == 1 && result.failed == ["authority"])
    #expect(lines.count == 1 && lines[0].hasPrefix("FAILED authority: expected"))
    #expect(lines[0].hasSuffix("docs/integration.md, Joining"))
  }

  private static let token = JoinToken(terminal: TerminalID(3), anchor: .zero)
}
