import ArgumentParser
import Laboratory
import VirtualReaders

/// Writes down a session of one reader.
struct RecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Records what goes over the wire to one reader, as a folder that is a test.",
    discussion: """
      Plug the reader in, stop canteend, and show it two things while the recording runs:

        canteen-lab record "1 card 1-1.4" --into evidence
        canteen-lab record "1 face 3-2 family=tx510" --into evidence
        canteen-lab record --specimen acr122u --into evidence

      The place is written as in canteen.readers; canteenctl devices shows ports and sockets. Use a test
      card, a code of no worth and a person who agrees: their numbers are in the folder. Send the folder
      with your report; `canteen-lab replay` lets the session happen again.

      Specimens: \(Specimen.all.map(\.name).joined(separator: ", ")).
      """)

  @Argument(help: "Lane, role, port and settings of a real reader.")
  var place: String?

  @Option(help: "A device of the laboratory in place of a real one; `all` for all of them.")
  var specimen: String?

  @Option(help: "How long a real reader is recorded, in seconds.")
  var seconds = 30

  @Option(help: "The folder in which the reader's folder is made.")
  var into: String

  func validate() throws {
    guard (place == nil) != (specimen == nil) else {
      throw ValidationError("say either where the reader is or which specimen it is")
    }
    guard seconds > 0 else { throw ValidationError("--seconds must be 1 or more") }
  }

  func run() async throws {
    if let specimen {
      let chosen = try specimen == "all" ? Specimen.all : [VirtualBus.specimen(named: specimen)]
      for specimen in chosen { try print(SessionRecorder.record(specimen).write(into: into)) }
    } else if let place {
      print(
        "recording for \(seconds) s: show it two things, one after the other, and take them away")
      let folder = try await SessionRecorder.record(place: place, for: .seconds(seconds)) {
        print($0)
      }
      try print(folder.write(into: into))
    }
  }
}

/// Lets recorded sessions happen again.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Lets recorded sessions happen again, and says what the drivers now do otherwise.")

  @Argument(help: "Folders that `canteen-lab record` has made.")
  var folders: [String]

  func run() throws {
    var isSame = true
    for path in folders {
      let findings = try SessionRecorder.replay(EvidenceFolder(reading: path))
      isSame = isSame && findings.isEmpty
      print("\(path): \(findings.isEmpty ? "as it was" : "otherwise")")
      for finding in findings { print("  \(finding)") }
    }
    if !isSame { throw ExitCode.failure }
  }
}
