import ArgumentParser
import Foundation
import VirtualReaders

/// Prints what the readers showed and sounded.
struct Log: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints every light and buzzer command that the readers received.",
    discussion: """
      One JSON object a line, with the time of the monotonic clock and the card on the reader.

        canteen-lab log
        canteen-lab log --follow | jq .signal
      """)

  @Flag(help: "Goes on until Ctrl-C.")
  var follow = false

  @Option(help: "The control socket of the virtual bus (default: in the runtime directory).")
  var socket: String?

  func run() async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var printed = 0
    repeat {
      let reply = try BusControl.ask(
        .log(from: printed), path: socket ?? BusControl.defaultPath)
      for entry in reply.entries ?? [] {
        print(String(decoding: try encoder.encode(entry), as: UTF8.self))
        printed += 1
      }
      if follow {
        fflush(nil)
        try await Task.sleep(for: .milliseconds(100))
      }
    } while follow
  }
}
