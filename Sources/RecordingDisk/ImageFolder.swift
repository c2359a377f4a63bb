import Foundation
import Glibc

/// A folder in memory, where there is one, that holds one image after the other.
package struct ImageFolder: ~Copyable {
  package let path: String

  /// - Throws: What the file system says.
  package init() throws {
    let memory = "/dev/shm"
    // umockdev takes what is below /dev for its own.
    let isMocked = ProcessInfo.processInfo.environment["LD_PRELOAD"]?.contains("umockdev") == true
    let parent =
      !isMocked && FileManager.default.isWritableFile(atPath: memory)
      ? memory : FileManager.default.temporaryDirectory.path
    path = "\(parent)/canteen-disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // try?: what is left over in memory is gone with the machine.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The files that are there now.
  package func files() throws -> [String: [UInt8]] {
    try FileManager.default.contentsOfDirectory(atPath: path).reduce(into: [:]) { files, name in
      files[name] = Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }
  }

  /// Replaces everything in the folder.
  package func hold(_ files: [String: [UInt8]]) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path) where files[name] == nil {
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    for (name, bytes) in files { try Self.write(bytes, to: "\(path)/\(name)") }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(descriptor) }
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, bytes.count)
    }
    guard count == bytes.count else { throw CocoaError(.fileWriteUnknown) }
  }
}
