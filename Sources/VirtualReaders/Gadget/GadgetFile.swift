import Glibc

/// A file of the kernel's gadget side. Nothing waits for a host that is not there.
struct GadgetFile: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws(VirtualReaderError) {
    descriptor = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .failed("open \(path)") }
  }

  func close() {
    Glibc.close(descriptor)
  }

  /// - Returns: What the host sent, which may be an empty packet; `nil` when there is no host, or nothing.
  func read(atMost length: Int) -> [UInt8]? {
    var room = [UInt8](repeating: 0, count: length)
    let count = unsafe Glibc.read(descriptor, &room, length)
    return count < 0 ? nil : Array(room.prefix(count))
  }

  /// - Returns: Whether the host took it.
  func write(_ bytes: [UInt8]) -> Bool {
    unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }

  /// On the control endpoint it acknowledges a request that sent something or nothing; on another that the
  /// host reads, or after a request for data, it is how a function stalls.
  func readNothing() {
    _ = read(atMost: 0)
  }

  /// The same in the other direction.
  func writeNothing() {
    _ = write([])
  }

  // MARK: - The file system

  static func makeFolder(_ path: String) throws(VirtualReaderError) {
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw .failed("mkdir \(path)") }
  }

  static func link(_ path: String, to target: String) throws(VirtualReaderError) {
    guard unsafe symlink(target, path) == 0 else { throw .failed("link \(path)") }
  }

  /// Mounts the files of a function.
  static func mountFunction(_ name: String, at path: String) throws(VirtualReaderError) {
    guard unsafe mount(name, path, "functionfs", 0, nil) == 0 else {
      throw .failed("mount functionfs \(path)")
    }
  }

  /// Takes away what the others made, as far as it is there.
  static func remove(mount: String, link: String, folders: [String]) {
    unsafe umount(mount)
    unsafe unlink(link)
    for folder in folders { unsafe rmdir(folder) }
  }

  /// Writes a line into a file such as sysfs has.
  static func set(_ path: String, to text: String) throws(VirtualReaderError) {
    let file = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw .failed("open \(path)") }
    defer { Glibc.close(file) }
    let bytes = Array((text + "\n").utf8)
    guard unsafe Glibc.write(file, bytes, bytes.count) == bytes.count else {
      throw .failed("write \(text) to \(path)")
    }
  }
}
