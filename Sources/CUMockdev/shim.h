#pragma once
#include <linux/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <spawn.h>
#include <string.h>
#include <umockdev.h>

/// The C library declares these only under `_GNU_SOURCE`, which Swift's module of it does not set.
extern int posix_openpt(int flags);
extern int grantpt(int master);
extern int unlockpt(int master);
extern int ptsname_r(int master, char *path, size_t size);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static const short canteen_spawn_setsid = 0x80;

/// The request numbers of usbfs are macros with `sizeof`, which Swift does not import.
static const gulong canteen_usbfs_submit_urb = USBDEVFS_SUBMITURB;
static const gulong canteen_usbfs_reap_urb_no_delay = USBDEVFS_REAPURBNDELAY;
static const gulong canteen_usbfs_discard_urb = USBDEVFS_DISCARDURB;
static const gulong canteen_usbfs_claim_interface = USBDEVFS_CLAIMINTERFACE;
static const gulong canteen_usbfs_release_interface = USBDEVFS_RELEASEINTERFACE;
static const gulong canteen_usbfs_get_driver = USBDEVFS_GETDRIVER;
static const gulong canteen_usbfs_interface_ioctl = USBDEVFS_IOCTL;
static const gulong canteen_usbfs_disconnect = USBDEVFS_DISCONNECT;
static const gulong canteen_usbfs_connect = USBDEVFS_CONNECT;
static const gulong canteen_usbfs_clear_halt = USBDEVFS_CLEAR_HALT;
static const gulong canteen_usbfs_reset = USBDEVFS_RESET;
static const gulong canteen_usbfs_get_capabilities = USBDEVFS_GET_CAPABILITIES;
static const gulong canteen_usbfs_set_configuration = USBDEVFS_SETCONFIGURATION;
static const gulong canteen_usbfs_set_interface = USBDEVFS_SETINTERFACE;

/// `UMOCKDEV_IOCTL_BASE` and `G_CALLBACK` are casts in macros, which Swift does not import.
static inline void canteen_connect_ioctl(
    UMockdevIoctlBase *base, gboolean (*handler)(UMockdevIoctlBase *, UMockdevIoctlClient *, gpointer),
    gpointer owner) {
  g_signal_connect(base, "handle-ioctl", G_CALLBACK(handler), owner);
}

/// Calls `gone` when a client that connected has gone, however it went: umockdev's own signal
/// `client-vanished` is not sent for a client that was killed inside an ioctl.
static inline void canteen_watch_client(
    UMockdevIoctlClient *client, void (*gone)(gpointer, GObject *), gpointer owner) {
  g_object_weak_ref(G_OBJECT(client), gone, owner);
}

static inline void canteen_connect_connected(
    UMockdevIoctlBase *base, void (*handler)(UMockdevIoctlBase *, UMockdevIoctlClient *, gpointer),
    gpointer owner) {
  g_signal_connect(base, "client-connected", G_CALLBACK(handler), owner);
}

/// umockdev complains when a client is killed inside of a request; the crash test does nothing else.
static inline void canteen_log(
    const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer unused) {
  if (strstr(message, "Destroying IoctlClient with open stream") == NULL) {
    g_log_default_handler(domain, level, message, unused);
  }
}

static inline void canteen_quieten_log(void) {
  g_log_set_handler(NULL, G_LOG_LEVEL_CRITICAL, canteen_log, NULL);
}
