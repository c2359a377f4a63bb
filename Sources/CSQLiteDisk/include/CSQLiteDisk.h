#pragma once
#include <sqlite3.h>

/// Writes a database's write-ahead log again, byte for byte where it stands, and syncs it; through
/// SQLite's default VFS, while the database is held exclusively. Nothing happens where either file is
/// missing.
///
/// Returns SQLite's extended result code; `SQLITE_BUSY` when somebody else has the database open.
int canteen_rewrite_log(const char *database);

/// Closing this connection moves nothing of its write-ahead log into the file, and leaves the log there.
void canteen_keep_log(sqlite3 *connection);
