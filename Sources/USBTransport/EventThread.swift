import CLibUSB
import Glibc
import Synchronization

/// The one thread on which libusb handles events and runs every callback of ours.
///
/// It blocks inside libusb until a file descriptor or a transfer's own timer is due. It has no
/// period: an idle context wakes once an hour.
final class EventThread: Sendable {
  private let context: LibUSBContext
  private let stopping = Atomic(false)
  private let thread = Mutex<pthread_t?>(nil)

  init(context: LibUSBContext) {
    self.context = context
  }

  /// - Throws: ``USBError/library(code:)`` with `LIBUSB_ERROR_NO_MEM` when no thread can be made.
  func start() throws(USBError) {
    var identifier = pthread_t()
    let argument = unsafe Unmanaged.passRetained(self).toOpaque()
    let code = unsafe pthread_create(
      &identifier, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<EventThread>.fromOpaque(argument).takeRetainedValue().loop()
        return nil
      }, argument)
    guard code == 0 else {
      unsafe Unmanaged<EventThread>.fromOpaque(argument).release()
      throw .library(code: LIBUSB_ERROR_NO_MEM.rawValue)
    }
    let started = identifier
    thread.withLock { $0 = started }
  }

  /// Ends the loop and waits for the thread. After this no callback runs.
  ///
  /// - Precondition: Not called on the event thread itself, which would wait for itself for ever.
  func stop() {
    guard let identifier = thread.withLock({ $0.take() }) else { return }
    precondition(pthread_self() != identifier, "the event thread cannot wait for itself")
    stopping.store(true, ordering: .releasing)
    unsafe libusb_interrupt_event_handler(context.pointer)
    pthread_join(identifier, nil)
  }

  private func loop() {
    while !stopping.load(ordering: .acquiring) {
      var patience = timeval(tv_sec: 3600, tv_usec: 0)
      let code = unsafe libusb_handle_events_timeout_completed(context.pointer, &patience, nil)
      if code < 0, code != LIBUSB_ERROR_INTERRUPTED.rawValue {
        // The wait itself failed (memory, descriptors). Not a hot loop: at most 100 tries a second.
        usleep(10_000)
      }
    }
  }
}
