import CUMockdev
import Glibc

extension VirtualBus {
  /// Debian package `libumockdev0`; found by the dynamic loader.
  static let preloadLibrary = "libumockdev-preload.so.0"

  /// Whether this process was started under umockdev's preload library.
  package static var isUnderPreload: Bool {
    guard let value = unsafe getenv("LD_PRELOAD") else { return false }
    return unsafe String(cString: value).contains("libumockdev-preload")
  }

  /// Starts this program anew under the preload library, with the same arguments, unless it already
  /// is.
  ///
  /// Call it first thing in `main`, before a thread exists. It returns only under the preload.
  ///
  /// - Throws: ``VirtualReaderError/systemCall(_:reason:)`` when the program cannot be executed.
  package static func reexecUnderPreloadIfNeeded() throws(VirtualReaderError) {
    if isUnderPreload { return }
    let earlier = unsafe getenv("LD_PRELOAD").map { unsafe ":" + String(cString: $0) } ?? ""
    unsafe setenv("LD_PRELOAD", preloadLibrary + earlier, 1)
    // The command's own array: it ends with NULL and lives as long as the process.
    unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
    throw .failed("execv /proc/self/exe")
  }
}
