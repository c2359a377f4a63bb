// A SQLite VFS in front of the ordinary one: it says what is asked of some files, and can refuse it.
#include "CRecordingVFS.h"

#include <string.h>

typedef struct {
  sqlite3_file base;
  void *recording;
  const char *path;
  // Like the ordinary VFS: the first sync of a new log or journal is followed by one of its folder.
  bool syncs_folder;
  sqlite3_file *real;
} recorded_file;

static canteen_observer observer;
static sqlite3_vfs *ordinary;
static sqlite3_vfs recording_vfs;

static recorded_file *recorded(sqlite3_file *file) { return (recorded_file *)file; }

static canteen_call call_on(sqlite3_file *file, canteen_call_kind kind) {
  return (canteen_call){.kind = kind, .path = recorded(file)->path};
}

static int report(void *recording, const canteen_call *call, int code) {
  if (code == SQLITE_OK)
    observer.after(recording, call);
  else
    observer.failed(recording, call, code);
  return code;
}

static int file_close(sqlite3_file *file) {
  canteen_call call = call_on(file, canteen_call_close);
  int code = recorded(file)->real->pMethods->xClose(recorded(file)->real);
  return report(recorded(file)->recording, &call, code);
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
  canteen_call call = call_on(file, canteen_call_read);
  call.offset = offset;
  call.length = length;
  canteen_verdict verdict = observer.before(recorded(file)->recording, &call);
  if (verdict.code != SQLITE_OK) return report(recorded(file)->recording, &call, verdict.code);
  return recorded(file)->real->pMethods->xRead(recorded(file)->real, bytes, length, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
  recorded_file *self = recorded(file);
  canteen_call call = call_on(file, canteen_call_write);
  call.bytes = bytes;
  call.offset = offset;
  call.length = length;
  canteen_verdict verdict = observer.before(self->recording, &call);
  if (verdict.code == SQLITE_OK)
    return report(
        self->recording, &call, self->real->pMethods->xWrite(self->real, bytes, length, offset));
  if (verdict.length > 0 && verdict.length < length) {
    call.length = verdict.length;
    int code = self->real->pMethods->xWrite(self->real, bytes, (int)verdict.length, offset);
    if (code == SQLITE_OK) observer.after(self->recording, &call);
  }
  return report(self->recording, &call, verdict.code);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  recorded_file *self = recorded(file);
  canteen_call call = call_on(file, canteen_call_truncate);
  call.offset = size;
  canteen_verdict verdict = observer.before(self->recording, &call);
  if (verdict.code == SQLITE_OK)
    verdict.code = self->real->pMethods->xTruncate(self->real, size);
  return report(self->recording, &call, verdict.code);
}

static int file_sync(sqlite3_file *file, int flags) {
  recorded_file *self = recorded(file);
  canteen_call call = call_on(file, canteen_call_sync);
  call.with_folder = self->syncs_folder;
  canteen_verdict verdict = observer.before(self->recording, &call);
  if (verdict.code == SQLITE_OK) {
    verdict.code = self->real->pMethods->xSync(self->real, flags);
    if (verdict.code == SQLITE_OK) self->syncs_folder = false;
  }
  return report(self->recording, &call, verdict.code);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
  return recorded(file)->real->pMethods->xFileSize(recorded(file)->real, size);
}

static int file_lock(sqlite3_file *file, int level) {
  return recorded(file)->real->pMethods->xLock(recorded(file)->real, level);
}

static int file_unlock(sqlite3_file *file, int level) {
  return recorded(file)->real->pMethods->xUnlock(recorded(file)->real, level);
}

static int file_check_lock(sqlite3_file *file, int *reserved) {
  return recorded(file)->real->pMethods->xCheckReservedLock(recorded(file)->real, reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
  return recorded(file)->real->pMethods->xFileControl(recorded(file)->real, operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
  return recorded(file)->real->pMethods->xSectorSize(recorded(file)->real);
}

static int file_characteristics(sqlite3_file *file) {
  return recorded(file)->real->pMethods->xDeviceCharacteristics(recorded(file)->real);
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **address) {
  return recorded(file)->real->pMethods->xShmMap(
      recorded(file)->real, region, size, extend, address);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return recorded(file)->real->pMethods->xShmLock(recorded(file)->real, offset, count, flags);
}

static void shm_barrier(sqlite3_file *file) {
  recorded(file)->real->pMethods->xShmBarrier(recorded(file)->real);
}

static int shm_unmap(sqlite3_file *file, int delete) {
  return recorded(file)->real->pMethods->xShmUnmap(recorded(file)->real, delete);
}

// Version 2: no memory map, so that every byte comes through here.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(
    sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags) {
  (void)vfs;
  void *recording = path ? observer.recording(path) : NULL;
  if (!recording) return ordinary->xOpen(ordinary, path, file, flags, out_flags);
  recorded_file *self = recorded(file);
  memset(self, 0, sizeof *self);
  int exists = 0;
  ordinary->xAccess(ordinary, path, SQLITE_ACCESS_EXISTS, &exists);
  canteen_call call = {.kind = canteen_call_open, .path = path, .created = !exists};
  canteen_verdict verdict = observer.before(recording, &call);
  if (verdict.code == SQLITE_OK) {
    self->real = (sqlite3_file *)(self + 1);
    verdict.code = ordinary->xOpen(ordinary, path, self->real, flags, out_flags);
  }
  if (verdict.code == SQLITE_OK) {
    self->recording = recording;
    self->path = path;
    self->syncs_folder = !exists && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL));
    self->base.pMethods = &methods;
  }
  return report(recording, &call, verdict.code);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
  (void)vfs;
  void *recording = observer.recording(path);
  if (!recording) return ordinary->xDelete(ordinary, path, sync_folder);
  canteen_call call = {
      .kind = canteen_call_delete, .path = path, .with_folder = sync_folder != 0};
  canteen_verdict verdict = observer.before(recording, &call);
  if (verdict.code == SQLITE_OK) verdict.code = ordinary->xDelete(ordinary, path, sync_folder);
  return report(recording, &call, verdict.code);
}

int canteen_vfs_register(canteen_observer looking_on) {
  observer = looking_on;
  ordinary = sqlite3_vfs_find(NULL);
  if (!ordinary) return SQLITE_ERROR;
  // Everything else is the ordinary one's, which its functions also find through `pAppData`.
  recording_vfs = *ordinary;
  recording_vfs.pNext = NULL;
  recording_vfs.zName = "recording";
  recording_vfs.szOsFile = (int)sizeof(recorded_file) + ordinary->szOsFile;
  recording_vfs.xOpen = vfs_open;
  recording_vfs.xDelete = vfs_delete;
  return sqlite3_vfs_register(&recording_vfs, 1);
}
