import Foundation

/// Where tests put their files, so that a sync costs nothing.
enum ScratchMemory {
  /// In memory, where the system has such a place; otherwise with the other temporary files.
  static var folder: String {
    var isFolder: ObjCBool = false
    let memory = "/dev/shm"
    return FileManager.default.fileExists(atPath: memory, isDirectory: &isFolder)
      && isFolder.boolValue
      ? memory : FileManager.default.temporaryDirectory.path
  }

  /// Gives a folder of its own to something, and removes it afterwards with all that is left in it.
  static func with<Value>(_ body: (_ folder: String) async throws -> Value) async throws -> Value {
    let place = "\(folder)/canteen-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }  // a leftover folder harms no test
    return try await body(place)
  }
}
