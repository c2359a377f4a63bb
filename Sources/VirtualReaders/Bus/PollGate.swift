import CUMockdev
import Glibc

/// The file behind a virtual `/dev/bus/usb` node: the slave of a pseudo-terminal, because with it
/// `poll` can be made to tell the truth.
///
/// - Output stopped (`TCOOFF`): not writable, so libusb sleeps. Output on (`TCOON`): writable,
///   which is how usbfs says "a transfer can be reaped".
/// - Master closed: the kernel hangs the slave up and `poll` reports an error, as for an unplugged
///   device.
///
/// libusb opens nodes without `O_NOCTTY`. A client that leads a session without a terminal would
/// take the slave as its controlling terminal and die of SIGHUP at unplug, so a holder process
/// takes it first.
struct PollGate: ~Copyable {
  /// The slave's path, to which the node is a symbolic link.
  let path: String
  private let master: Int32
  private let slave: Int32
  private let holder: pid_t

  init() throws(VirtualReaderError) {
    // Close-on-exec: a copy of the master in a child would keep the line up for ever.
    let master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0 else { throw .failed("posix_openpt") }
    var name = [CChar](repeating: 0, count: 64)
    guard grantpt(master) == 0, unlockpt(master) == 0,
      unsafe ptsname_r(master, &name, name.count) == 0
    else {
      Glibc.close(master)
      throw .failed("ptsname_r")
    }
    let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let slave = unsafe Glibc.open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard slave >= 0 else {
      Glibc.close(master)
      throw .failed("open \(path)")
    }
    do throws(VirtualReaderError) {
      self.holder = try Self.hold(path)
    } catch {
      Glibc.close(slave)
      Glibc.close(master)
      throw error
    }
    (self.path, self.master, self.slave) = (path, master, slave)
    setReapable(false)
  }

  /// Says whether a transfer can be reaped.
  func setReapable(_ reapable: Bool) {
    tcflow(slave, reapable ? TCOON : TCOOFF)
  }

  /// Hangs the line up. The holder dies of it and is waited for.
  consuming func hangUp() {
    setReapable(true)
    Glibc.close(master)
    Glibc.close(slave)
    var status: Int32 = 0
    while unsafe waitpid(holder, &status, 0) < 0, errno == EINTR {}
  }

  /// Starts a sleeping session leader whose controlling terminal is the slave.
  ///
  /// `posix_spawn` returns after the child's `setsid` and `open` are done, so there is no race with
  /// a client that opens the node next.
  private static func hold(_ path: String) throws(VirtualReaderError) -> pid_t {
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var hangUp = sigset_t()
    unsafe sigemptyset(&hangUp)
    unsafe posix_spawnattr_setsigmask(&attributes, &hangUp)
    unsafe sigaddset(&hangUp, SIGHUP)
    unsafe posix_spawnattr_setsigdefault(&attributes, &hangUp)
    unsafe posix_spawnattr_setflags(
      &attributes,
      canteen_spawn_setsid | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // Without O_NOCTTY: this open is what makes the slave the holder's terminal.
    unsafe posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
    unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 1)
    var holder = pid_t()
    let code = unsafe "sleep".withCString { name in
      unsafe "infinity".withCString { duration in
        let arguments = unsafe [
          UnsafeMutablePointer(mutating: name), UnsafeMutablePointer(mutating: duration), nil,
        ]
        let environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        return unsafe posix_spawn(
          &holder, "/bin/sleep", &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw .failed("posix_spawn /bin/sleep", code) }
    return holder
  }
}

extension VirtualReaderError {
  /// The failure of a system call, in the words of `strerror`.
  static func failed(_ call: String, _ code: Int32 = errno) -> VirtualReaderError {
    .systemCall(call, reason: unsafe String(cString: strerror(code)))
  }
}
