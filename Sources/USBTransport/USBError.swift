import CLibUSB

/// Why a USB operation failed. Source: `enum libusb_error` and `enum libusb_transfer_status`,
/// libusb.h 1.0.26.
package enum USBError: Error, Equatable, Sendable {
  /// Unplugged. The driver ends; the hot-plug watcher starts it again.
  case deviceGone
  /// No answer in time. Bytes may have moved: a read may be repeated, a write never without asking
  /// first.
  case timedOut(transferred: Int)
  /// The endpoint is halted. ``ClaimedInterface/clearHalt(of:)`` makes it usable again.
  case stalled
  /// The device sent more than was asked for. What arrived is lost.
  case overflow
  /// Our task was cancelled. Bytes may have moved.
  case cancelled
  /// The device node cannot be opened by this user: the udev rule is missing.
  case accessDenied
  /// Another driver or program has claimed the interface.
  case busy
  /// Anything else, with libusb's own code. `-1` (input/output error) may be the first sign of an
  /// unplug: which status an unplug shows depends on the host controller.
  case library(code: Int32)
}

extension USBError {
  /// The failure that a libusb function returned.
  init(code: Int32) {
    switch code {
    case LIBUSB_ERROR_NO_DEVICE.rawValue: self = .deviceGone
    case LIBUSB_ERROR_TIMEOUT.rawValue: self = .timedOut(transferred: 0)
    case LIBUSB_ERROR_PIPE.rawValue: self = .stalled
    case LIBUSB_ERROR_OVERFLOW.rawValue: self = .overflow
    case LIBUSB_ERROR_ACCESS.rawValue: self = .accessDenied
    case LIBUSB_ERROR_BUSY.rawValue: self = .busy
    default: self = .library(code: code)
    }
  }

  /// Throws when a libusb function returned a negative code.
  static func check(_ code: Int32) throws(USBError) {
    if code < 0 { throw USBError(code: code) }
  }
}

extension USBError: CustomStringConvertible {
  /// In words, for logs and people.
  package var description: String {
    switch self {
    case .deviceGone: "the device is gone"
    case .timedOut(let transferred): "no answer in time (\(transferred) bytes moved)"
    case .stalled: "the endpoint is halted"
    case .overflow: "the device sent more than was asked for"
    case .cancelled: "cancelled"
    case .accessDenied: "no permission to open the device node"
    case .busy: "claimed by another program or driver"
    case .library(let code): "libusb error \(code)"
    }
  }
}
