import Foundation
import Synchronization
import VirtualReaders

/// The far end of a serial line of QEMU's: a face module that answers, or whatever is said there.
final class SerialEnd: Sendable {
  private struct State {
    var module: FaceModuleAPeripheral?
  }

  private let descriptor: Int32
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "canteen.serial-end")

  /// - Parameter path: QEMU's socket of the line.
  init(path: String) throws {
    descriptor = try connectedSocket(path)
    DispatchQueue(label: "canteen.serial-end.reader").async { self.hear() }
  }

  /// Says something as it is.
  func say(_ bytes: [UInt8]) {
    _ = sendAll(bytes, to: descriptor)
  }

  /// A face module is there from now on, and somebody stands before it, or nobody.
  func show(_ user: UInt16?) {
    act { module in
      var newest = module ?? FaceModuleAPeripheral(users: [:])
      if module == nil {
        newest.users = Dictionary(
          uniqueKeysWithValues: (1...200).map { (UInt16($0), "user \($0)") })
      }
      let words = newest.show(user.map { VirtualFace.person($0) })
      module = newest
      return words
    }
  }

  private func hear() {
    var room = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &room, room.count, 0)
      guard count > 0 else { return }
      let bytes = Array(room.prefix(count))
      act { $0?.received(bytes) ?? [] }
    }
  }

  private func act(_ action: (inout FaceModuleAPeripheral?) -> [SerialWord]) {
    for word in state.withLock({ action(&$0.module) }) {
      queue.after(word.after) { [self] in
        if let alarm = word.alarm {
          act { $0?.alarm(alarm) ?? [] }
        } else {
          say(word.bytes)
        }
      }
    }
  }
}
