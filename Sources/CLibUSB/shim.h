#pragma once
#include <libusb.h>

/// A macro with a cast, which Swift does not import: 8 bytes of set-up before a control transfer's
/// data.
static const int canteen_libusb_control_setup_size = LIBUSB_CONTROL_SETUP_SIZE;

/// `libusb_set_option` is variadic, which Swift cannot call.
static inline int canteen_libusb_set_log_level(libusb_context *context, int level) {
  return libusb_set_option(context, LIBUSB_OPTION_LOG_LEVEL, level);
}
