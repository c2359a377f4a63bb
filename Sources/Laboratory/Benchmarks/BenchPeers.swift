import Foundation

/// The compiled programs that do the same work otherwise.
struct BenchPeers: Sendable {
  /// Where they are; databases and results go there too.
  let folder: String

  private var cluster: String { "\(folder)/postgres" }

  /// Runs a peer and reads the line that it prints.
  func measure(_ name: String, in directory: String, _ swipes: Int) throws -> Latencies {
    try Latencies(peer: try ProgramOutput.of("\(folder)/\(name)", [directory, "\(swipes)"]))
  }

  /// Starts a PostgreSQL of its own.
  ///
  /// - Returns: The folder of its socket; `nil` where there is no PostgreSQL, which it says.
  func startPostgres() throws -> String? {
    guard FileManager.default.isExecutableFile(atPath: "\(folder)/authorise-postgres") else {
      Console.say("no authorise-postgres: apt-get install postgresql libpq-dev, then make bench")
      return nil
    }
    do {
      _ = try ProgramOutput.of("Scripts/postgres.sh", ["start", cluster])
    } catch {
      Console.say("without PostgreSQL: \(error)")
      return nil
    }
    return URL(filePath: cluster).path
  }

  /// Ends it and removes its files; nothing where it was not started.
  func stopPostgres() {
    guard FileManager.default.fileExists(atPath: cluster) else { return }
    do {
      _ = try ProgramOutput.of("Scripts/postgres.sh", ["stop", cluster])
    } catch {
      Console.say("PostgreSQL was not stopped: \(error)")
    }
  }
}
