import Foundation

/// What a package of the laboratory takes of the product as it was built: modules of ours and of others.
struct LinkedProduct {
  /// The repository, with a build of this configuration.
  let root: String
  /// `debug` or `release`.
  let configuration: String
  /// What is linked as it is.
  let modules: [String]
  /// The folder with the list of the objects of what was linked last.
  let list: String

  private var folder: String { "\(root)/.build/\(configuration)" }

  /// The object files of what is linked, as arguments in a file.
  func objects() throws -> String {
    let all = try String(contentsOfFile: "\(folder)/\(list)/Objects.LinkFileList", encoding: .utf8)
      .split(separator: "\n")
    let folders = modules.map { "/\($0).build/" }
    let ours = all.filter { line in folders.contains { line.contains($0) } }
    return ours.joined(separator: "\n") + "\n"
  }

  /// For the settings of a target that imports them.
  var settings: String {
    get throws {
      let maps = try moduleMaps().map { ", \"-Xcc\", \"-fmodule-map-file=\($0)\"" }.joined()
      return """
        .define("BUILT_\(try stamp())"), .unsafeFlags(["-I", "\(folder)/Modules"\(maps)])
        """
    }
  }

  /// The module maps of the C targets that the modules were compiled with.
  private func moduleMaps() throws -> [String] {
    let checkouts = "\(root)/.build/checkouts"
    let crypto = "\(checkouts)/swift-crypto/Sources"
    let cryptoMaps = try FileManager.default.contentsOfDirectory(atPath: crypto).sorted()
      .map { "\(crypto)/\($0)/include/module.modulemap" }
    let maps =
      cryptoMaps + [
        "\(checkouts)/GRDB.swift/Sources/GRDBSQLite/module.modulemap",
        "\(folder)/CSQLiteDisk.build/module.modulemap",
        "\(folder)/CRecordingVFS.build/module.modulemap",
      ]
    return maps.filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// Changes with every module that was compiled anew: then everything here is, too.
  private func stamp() throws -> Int {
    try modules.compactMap { name in
      let path = "\(folder)/Modules/\(name).swiftmodule"
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
      return (date as? Date).map { Int($0.timeIntervalSince1970) }
    }.max() ?? 0
  }
}
