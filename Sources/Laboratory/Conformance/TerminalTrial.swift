import CanteenModel
import Foundation
import VirtualReaders

/// A real terminal, which sells to cards on a virtual reader, pulled by centres that are not ours: the scripted one,
/// which does wrong first, and the guide's. Both get every sale, and the chain verifies.
struct TerminalTrial {
  private static let taps = 4

  let programs: String
  let folder: String
  let repository: String

  /// - Precondition: This process runs under the preload (`VirtualBus.reexecUnderPreloadIfNeeded`).
  /// - Throws: ``LaboratoryError``.
  func run() async throws {
    let bus = try VirtualBus.start()
    defer { bus.stop() }
    try bus.plug(VirtualBus.specimen(named: "acr122u"), port: Site.readerPort)
    try bus.plug(VirtualBus.specimen(named: "fm430-pos"), port: Site.scannerPort)
    try bus.plug(VirtualBus.specimen(named: "fm225-ch340"), port: Site.facePort)
    let site = try Site(folder: "\(folder)/terminal", programs: programs, bus: bus)
    let guests = Guests(count: Self.taps)
    let centre = try site.centre.start(
      rulebook: Menu.rulebook(salesPerMeal: 2, repeatGuardSeconds: 60),
      accounts: Menu.accounts(guests.all))
    let terminal = try site.startTerminal(
      site.terminalEnvironment(.pull, port: site.terminalPort))
    do {
      try await site.join(pullPort: site.terminalPort)
      try await site.waitUntilSelling()
      let key = try terminalKey(of: site)
      await centre.stop()
      for guest in guests.regulars {
        guard try await site.tap(guest.card).isGreen else {
          throw LaboratoryError.broken("\(guest.name) did not pay")
        }
      }
      try await scripted(site, key)
      try await guide(site, key)
    } catch {
      Console.say("terminal: \(terminal.lastWords())")
      await terminal.stop()
      await centre.stop()
      throw error
    }
    await terminal.stop()
  }

  private var keys: String { "\(folder)/terminal/centre" }

  private func scripted(_ site: Site, _ key: String) async throws {
    let centre = try ScriptedCentre(
      url: "https://127.0.0.1:\(site.terminalPort)",
      try ScriptedCentre.Identity(
        authority: "\(keys)/authority.pem", key: "\(keys)/centre.key",
        terminal: UInt32(CentreSite.terminalNumber), terminalKey: key))
    let failed = await centre.misbehave(CentreMischief.allCases) { line in
      if line.hasPrefix("FAILED") { Console.say(line) }
    }
    guard failed.isEmpty else {
      throw LaboratoryError.broken(
        "conformance-trials: our terminal fell for \(failed.map(\.rawValue).joined(separator: ", "))"
      )
    }
    var sales = 0
    let count = try await centre.pull { if $0.contains(" sale(") { sales += 1 } }
    guard sales == Self.taps else {
      throw LaboratoryError.broken(
        "conformance-trials: \(Self.taps) sales took place, the scripted centre got \(sales) of \(count)"
      )
    }
    Console.say(
      "scripted centre: \(CentreMischief.allCases.count) kinds of mischief refused, \(sales) sales fetched"
    )
  }

  /// It has nothing of the terminal, so it is handed the whole chain, from the first record on.
  private func guide(_ site: Site, _ key: String) async throws {
    let centre = try PythonCentre(folder: "\(folder)/puller", repository: repository)
    try FileManager.default.createDirectory(
      atPath: centre.state, withIntermediateDirectories: true)
    for file in ["authority.pem", "centre.key"] {
      try FileManager.default.copyItem(atPath: "\(keys)/\(file)", toPath: "\(centre.state)/\(file)")
    }
    try centre.run("adopt", "\(CentreSite.terminalNumber)", "窗口", key)
    let printed = try centre.run(
      "pull", "127.0.0.1", "\(site.terminalPort)", "\(CentreSite.terminalNumber)")
    let lines = printed.split(separator: "\n")
    let sales = lines.filter { $0.contains(": sale, ") }.count
    guard sales == Self.taps, lines.last?.hasPrefix("pull: ok ") == true,
      lines.contains(where: { $0.contains("epoch 1, record 1: epoch opened") })
    else { throw LaboratoryError.broken("conformance-trials: the guide's centre got\n\(printed)") }
    let again = try centre.run(
      "pull", "127.0.0.1", "\(site.terminalPort)", "\(CentreSite.terminalNumber)")
    guard again.hasSuffix("pull: ok 0 records\n") else {
      throw LaboratoryError.broken("conformance-trials: the guide's centre got twice\n\(again)")
    }
    Console.say("the guide's centre: \(lines.last ?? ""), \(sales) sales of a real terminal")
  }

  /// What the terminal signs with, as its centre knows it.
  private func terminalKey(of site: Site) throws -> String {
    struct Entry: Decodable {
      let publicKey: String?
    }
    let printed = try site.centre.run("terminal", "list", "--json")
    guard
      let key = try JSONDecoder().decode([Entry].self, from: Data(printed.utf8)).first?.publicKey
    else { throw LaboratoryError.program("canteen-settlement terminal list printed \(printed)") }
    return key
  }
}
