import Foundation

/// What the kernel says about a running daemon, for those who doubt.
enum LoadedLibrary {
  /// The libusb that the process has mapped, from /proc/PID/maps.
  static func libusb(of pid: pid_t) throws(LaboratoryError) -> String {
    let maps: String
    do {
      // By hand: files of /proc have no size, and a whole-file read would stop at it.
      let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(pid)/maps"))
      maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    } catch {
      throw .program("/proc/\(pid)/maps cannot be read: \(error)")
    }
    guard let line = maps.split(separator: "\n").first(where: { $0.contains("libusb-1.0") }),
      let path = line.split(separator: " ").last
    else { throw .broken("the daemon \(pid) does not use libusb") }
    return "it drives the reader through \(path)"
  }
}
