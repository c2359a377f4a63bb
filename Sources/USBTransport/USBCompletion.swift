import CLibUSB

/// How one transfer ended, with whatever moved before it ended.
package struct USBCompletion: Equatable, Sendable {
  /// What arrived, also when the transfer failed. Empty for an OUT transfer.
  package let bytes: [UInt8]
  /// Bytes that moved in either direction.
  package let transferred: Int
  /// `nil` when the transfer completed. A short packet, or one of no bytes, completes an IN
  /// transfer.
  package let failure: USBError?

  /// An end from its parts; those of the machine's transfers come from libusb.
  package init(bytes: [UInt8], transferred: Int, failure: USBError?) {
    (self.bytes, self.transferred, self.failure) = (bytes, transferred, failure)
  }

  /// A transfer that never reached the device.
  static func unsubmitted(_ failure: USBError) -> USBCompletion {
    USBCompletion(bytes: [], transferred: 0, failure: failure)
  }
}

extension USBError {
  /// The failure that a finished transfer reports; `nil` when it completed.
  static func outcome(of status: libusb_transfer_status, transferred: Int) -> USBError? {
    switch status {
    case LIBUSB_TRANSFER_COMPLETED: nil
    case LIBUSB_TRANSFER_TIMED_OUT: .timedOut(transferred: transferred)
    case LIBUSB_TRANSFER_CANCELLED: .cancelled
    case LIBUSB_TRANSFER_STALL: .stalled
    case LIBUSB_TRANSFER_NO_DEVICE: .deviceGone
    case LIBUSB_TRANSFER_OVERFLOW: .overflow
    default: .library(code: LIBUSB_ERROR_IO.rawValue)
    }
  }
}
