import ArgumentParser
import Laboratory

/// Fills the disk under a ledger.
struct DiskFullCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disk-full",
    abstract:
      "Fill a small file system under a ledger: selling stops in time, nothing lit is lost.",
    discussion: "Scripts/disk-full.sh mounts one in memory for it.")

  @Option(help: "An empty file system of its own of some 160 MiB.")
  var folder: String

  func run() async throws {
    var test = try DiskFullTest(folder: folder)
    try await test.run()
  }
}
