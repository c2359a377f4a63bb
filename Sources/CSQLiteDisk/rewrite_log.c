// What must happen to a write-ahead log before SQLite reads it.
#include "CSQLiteDisk.h"

#include <stdbool.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

static bool exists(sqlite3_vfs *vfs, const char *path) {
  int answer = 0;
  return vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &answer) == SQLITE_OK && answer;
}

// Opens a file that is there; `file` has room for one of the VFS and must be closed if this succeeds.
static int open_file(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int kind) {
  memset(file, 0, vfs->szOsFile);
  int code = vfs->xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | kind, NULL);
  if (code != SQLITE_OK && file->pMethods) file->pMethods->xClose(file);
  return code;
}

static int rewrite(sqlite3_file *log, unsigned char *chunk) {
  sqlite3_int64 size = 0;
  int code = log->pMethods->xFileSize(log, &size);
  for (sqlite3_int64 offset = 0; code == SQLITE_OK && offset < size; offset += CHUNK) {
    int length = size - offset < CHUNK ? (int)(size - offset) : CHUNK;
    code = log->pMethods->xRead(log, chunk, length, offset);
    if (code == SQLITE_OK) code = log->pMethods->xWrite(log, chunk, length, offset);
  }
  if (code == SQLITE_OK && size > 0) code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  return code;
}

// With the database locked.
static int rewrite_beside(
    sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *log, unsigned char *chunk) {
  if (!exists(vfs, path)) return SQLITE_OK;
  int code = open_file(vfs, path, log, SQLITE_OPEN_WAL);
  if (code != SQLITE_OK) return code;
  code = rewrite(log, chunk);
  int closed = log->pMethods->xClose(log);
  return code == SQLITE_OK ? closed : code;
}

static int rewrite_locked(
    sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *database, sqlite3_file *log,
    unsigned char *chunk) {
  if (!exists(vfs, path)) return SQLITE_OK;
  int code = open_file(vfs, path, database, SQLITE_OPEN_MAIN_DB);
  if (code != SQLITE_OK) return code;
  // Locks are taken in this order only. Closing lets go of them.
  code = database->pMethods->xLock(database, SQLITE_LOCK_SHARED);
  if (code == SQLITE_OK) code = database->pMethods->xLock(database, SQLITE_LOCK_EXCLUSIVE);
  if (code == SQLITE_OK) code = rewrite_beside(vfs, sqlite3_filename_wal(path), log, chunk);
  database->pMethods->xUnlock(database, SQLITE_LOCK_NONE);
  int closed = database->pMethods->xClose(database);
  return code == SQLITE_OK ? closed : code;
}

int canteen_rewrite_log(const char *database) {
  int code = sqlite3_initialize();
  if (code != SQLITE_OK) return code;
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (!vfs) return SQLITE_ERROR;
  sqlite3_filename path = NULL;
  char *full = sqlite3_malloc(vfs->mxPathname + 1);
  char *log = NULL;
  unsigned char *memory = sqlite3_malloc(2 * vfs->szOsFile + CHUNK);
  code = full && memory ? vfs->xFullPathname(vfs, database, vfs->mxPathname + 1, full) : SQLITE_NOMEM;
  // SQLite says so of a path that goes through a symbolic link, which is no fault.
  if (code == SQLITE_OK_SYMLINK) code = SQLITE_OK;
  if (code == SQLITE_OK) {
    log = sqlite3_mprintf("%s-wal", full);
    path = log ? sqlite3_create_filename(full, "", log, 0, NULL) : NULL;
    code = path ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (code == SQLITE_OK)
    code = rewrite_locked(
        vfs, path, (sqlite3_file *)memory, (sqlite3_file *)(memory + vfs->szOsFile),
        memory + 2 * vfs->szOsFile);
  sqlite3_free_filename(path);
  sqlite3_free(log);
  sqlite3_free(memory);
  sqlite3_free(full);
  return code;
}
