import CUMockdev
import Glibc
import Synchronization

/// umockdev's testbed: the directory that clients under the preload see as `/sys` and `/dev`.
///
/// One per process: umockdev publishes the directory in the environment.
@safe
// @unchecked: the pointer is constant, and only ``VirtualBus`` calls it, under its lock.
final class Testbed: @unchecked Sendable {
  private let pointer: UnsafeMutablePointer<UMockdevTestbed>
  let root: String
  private let isOpen = Atomic(true)

  /// - Throws: ``VirtualReaderError/notUnderPreload``: without it no uevent would ever be sent.
  init() throws(VirtualReaderError) {
    guard VirtualBus.isUnderPreload else { throw .notUnderPreload }
    canteen_quieten_log()
    guard let pointer = unsafe umockdev_testbed_new(),
      let root = unsafe umockdev_testbed_get_root_dir(pointer)
    else { throw .systemCall("umockdev_testbed_new", reason: "no testbed") }
    unsafe self.pointer = pointer
    self.root = unsafe String(cString: root)
    unsafe g_free(root)
  }

  /// Makes a device node a link to the gate, and puts the desk behind it.
  ///
  /// Before the device is added: a client opens the node as soon as it hears of it.
  func attach(_ desk: IoctlDesk, node: String, gate: String) throws(VirtualReaderError) {
    var directory = root
    for part in node.split(separator: "/").dropLast() {
      directory += "/\(part)"
      guard unsafe mkdir(directory, 0o755) == 0 || errno == EEXIST else {
        throw .failed("mkdir \(directory)")
      }
    }
    unsafe unlink(root + node)
    guard unsafe symlink(gate, root + node) == 0 else { throw .failed("symlink \(root + node)") }
    var failure: UnsafeMutablePointer<GError>?
    guard unsafe umockdev_testbed_attach_ioctl(pointer, node, desk.base, &failure) != 0 else {
      throw unsafe .glib("umockdev_testbed_attach_ioctl", failure)
    }
  }

  /// Takes the desk of an earlier device from an address that is used again.
  func detach(node: String) {
    unsafe _ = umockdev_testbed_detach_ioctl(pointer, node, nil)
  }

  /// Adds devices in umockdev's text form; each sends its uevent `add`.
  func add(_ description: String) throws(VirtualReaderError) {
    var failure: UnsafeMutablePointer<GError>?
    guard unsafe umockdev_testbed_add_from_string(pointer, description, &failure) != 0 else {
      throw unsafe .glib("umockdev_testbed_add_from_string", failure)
    }
  }

  /// Sets an attribute of a device in the tree.
  func set(_ attribute: String, of path: String, to value: String) {
    unsafe umockdev_testbed_set_attribute(pointer, path, attribute, value)
  }

  /// Sends the uevent `remove` and takes the device from the tree.
  func remove(_ path: String, node: String?) {
    // While the device is still in the tree: the event's properties are read from there.
    unsafe umockdev_testbed_uevent(pointer, path, "remove")
    if let node { unsafe unlink(root + node) }
    unsafe umockdev_testbed_remove_device(pointer, path)
  }

  /// Ends the testbed: umockdev stops its thread and removes the directory. Once; nothing may follow.
  func end() {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    unsafe g_object_unref(pointer)
  }

  deinit {
    end()
  }
}

extension VirtualReaderError {
  /// GLib's error, which this frees.
  static func glib(_ call: String, _ error: UnsafeMutablePointer<GError>?) -> VirtualReaderError {
    guard let error = unsafe error else { return .systemCall(call, reason: "no reason given") }
    defer { unsafe g_error_free(error) }
    return .systemCall(call, reason: unsafe String(cString: error.pointee.message))
  }
}
