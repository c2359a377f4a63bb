import ArgumentParser
import CanteenModel
import Foundation
import LocalAPI

extension JournalCommand {
  /// Carries what waits for the centre there.
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write what the centre does not have into a file, for a terminal without a link.",
      discussion: """
        The file holds signed batches. At the centre: canteen-settlement batches import FILE. Nothing changes \
        here: with a link the terminal hands the same records in again, and they count once.
        Example: canteenctl journal export /media/usb/terminal-3.batches
        """)

    @OptionGroup var connection: Connection
    @Argument(help: "The file; one that is there is replaced.", completion: .file())
    var path: String

    func run() async throws {
      var (file, records): (Data, Int) = (Data(), 0)
      var end: JournalPosition?
      var hasMore = true
      while hasMore {
        let behind = end
        let exported = try await asking { () throws(ControlError) in
          try await connection.terminal.exportBatch(behind: behind)
        }
        guard let entry = Hexadecimal.bytes(exported.entry) else {
          throw Refusal(description: "the daemon speaks another version: restart it")
        }
        file.append(contentsOf: entry)
        (records, end, hasMore) = (records + exported.records, exported.end, exported.hasMore)
      }
      do {
        try file.write(to: URL(filePath: path), options: .atomic)
      } catch {
        throw Refusal(
          description: "\(path) cannot be written: \(error.localizedDescription)")
      }
      print(
        "\(records) records in \(path); at the centre: canteen-settlement batches import FILE")
    }
  }
}
