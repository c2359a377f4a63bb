// What must not happen to the write-ahead log of a damaged database.
#include "CSQLiteDisk.h"

#include <stddef.h>

void canteen_keep_log(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
}
