import Foundation
import FuzzTargets
import Glibc

/// Lets libFuzzer look for bytes that a codec or a driver does not bear.
///
///     canteen-fuzz targets                       name, share, longest input and files of each
///     canteen-fuzz corpus EVIDENCE FOLDER        writes what each target begins with
///     canteen-fuzz bugs                          each planted bug, and the target that must find it
///     canteen-fuzz TARGET [libFuzzer's options]  with CANTEEN_FUZZ_BUG, a planted bug is in it
///
/// `Scripts/fuzz.sh` builds it with libFuzzer; a plain build has all but the last command.
@main
enum CanteenFuzz {
  static func main() throws {
    let arguments = CommandLine.arguments
    switch arguments.dropFirst().first {
    case "targets":
      for target in FuzzTarget.allCases {
        print(
          target.rawValue, target.share, target.longestInput,
          target.codec.joined(separator: " "))
      }
    case "corpus" where arguments.count == 4:
      try writeCorpora(evidence: URL(filePath: arguments[2]), to: URL(filePath: arguments[3]))
    case "bugs": printBugs()
    case .some(let name):
      guard let target = FuzzTarget(rawValue: name) else {
        complain("no target \(name)")
        exit(64)
      }
      fuzz(target)
    case nil:
      complain("usage: canteen-fuzz targets | corpus EVIDENCE FOLDER | bugs | TARGET …")
      exit(64)
    }
  }

  /// For people, on standard error.
  static func complain(_ text: String) {
    FileHandle.standardError.write(Data("canteen-fuzz: \(text)\n".utf8))
  }

  private static func writeCorpora(evidence: URL, to folder: URL) throws {
    let folders = try FileManager.default.contentsOfDirectory(
      at: evidence, includingPropertiesForKeys: nil
    ).sorted { $0.path < $1.path }
    for target in FuzzTarget.allCases {
      let own = folder.appending(path: target.rawValue)
      try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
      for (index, seed) in Corpus.seeds(of: target, folders: folders).enumerated() {
        try Data(seed).write(to: own.appending(path: "seed-\(index)"))
      }
    }
  }

  private static func printBugs() {
    #if SEEDED_BUGS
      for target in FuzzTarget.allCases {
        for bug in target.bugs { print(bug, target.rawValue) }
      }
    #endif
  }
}
