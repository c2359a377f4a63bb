#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/// What SQLite asks of the disk, as far as a power cut can tell the difference.
typedef enum {
  canteen_call_open,
  canteen_call_read,
  canteen_call_write,
  canteen_call_truncate,
  canteen_call_sync,
  canteen_call_delete,
  canteen_call_close,
} canteen_call_kind;

typedef struct {
  canteen_call_kind kind;
  const char *path;
  /// A write's bytes, and where they go; `offset` is a truncation's new size, too.
  const void *bytes;
  int64_t offset;
  int64_t length;
  /// An opening created the file. A sync or deletion is followed by one of the folder.
  bool created;
  bool with_folder;
} canteen_call;

typedef struct {
  /// `SQLITE_OK` lets the call through; anything else is returned instead.
  int32_t code;
  /// How many bytes of a write that fails reach the file all the same.
  int64_t length;
} canteen_verdict;

/// Who looks on. The functions are called on SQLite's threads.
typedef struct {
  /// The recording that a file belongs to; NULL leaves the file to the ordinary VFS altogether.
  void *(*recording)(const char *path);
  canteen_verdict (*before)(void *recording, const canteen_call *call);
  /// Only after a call that succeeded, or a failed write of `length` bytes.
  void (*after)(void *recording, const canteen_call *call);
  /// A call failed by itself or by a verdict.
  void (*failed)(void *recording, const canteen_call *call, int32_t code);
} canteen_observer;

/// Puts the recording VFS in front of the ordinary one, as the default of this process. Once.
int canteen_vfs_register(canteen_observer observer);
