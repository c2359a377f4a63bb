/* The peer of the centre's intake: the same rows, by SQL in C, into books that the centre made.
 *
 * usage: ingest-c DIRECTORY RECORDS
 *
 * DIRECTORY holds books.sqlite with terminal 1, its open chain, and accounts 1 to 10000. Each 500 records are
 * one transaction that is on disk when it returns, by the statements that the centre runs for them, grouped as
 * the centre groups them. What it leaves out: signatures, hashes and the reading of
 * records; bytes and heads have the sizes of real ones.
 */
#include "measure.h"

#include <sqlite3.h>

enum { accounts = 10000, batch = 500, record_size = 70, head_size = 32, key_size = 64 };

enum {
  begin,
  select_ack,
  select_chain,
  insert_record,
  insert_leg,
  raise_version,
  select_version,
  update_chain,
  insert_intake,
  upsert_tally,
  commit,
  statement_count
};

static const char *const texts[statement_count] = {
    [begin] = "BEGIN IMMEDIATE",
    [select_ack] = "SELECT ack FROM intake WHERE terminal = 1 AND challenge = ?1",
    [select_chain] = "SELECT last_sequence, head FROM chain WHERE terminal = 1 AND epoch = 1",
    [insert_record] =
        "INSERT INTO record (terminal, id, epoch, sequence, accepted, intake, bytes, wall_ms, kind, account,"
        " seller, subsidy_fen, personal_fen, times, standing)"
        " VALUES (1, ?1, 1, ?2, 1, ?3, ?4, ?5, 'sale', ?6, 1, 1500, 0, 1, 'posted')",
    [insert_leg] = "INSERT INTO leg (entry, leg, ledger_account, fen) VALUES (?1, ?2, ?3, ?4)",
    [raise_version] = "UPDATE feed SET version = version + 500 WHERE id = 1",
    [select_version] = "SELECT version FROM feed WHERE id = 1",
    [update_chain] = "UPDATE chain SET last_sequence = ?1, head = ?2 WHERE terminal = 1 AND epoch = 1",
    [insert_intake] =
        "INSERT INTO intake (terminal, number, received_ms, epoch, first_sequence, records, added, head,"
        " challenge, header, nonce, acked_sequence, acked_head, next_epoch, epoch_token, ack)"
        " VALUES (1, ?1, ?2, 1, ?3, 500, 500, ?4, ?4, zeroblob(250), ?4, ?3 + 499, ?4, 2, ?4, zeroblob(250))",
    [upsert_tally] = "INSERT INTO tally VALUES (1, 500, 500, 750000, 0, 750000, 0, 0, 0, 0)"
                     " ON CONFLICT (terminal) DO UPDATE SET records = tally.records + excluded.records,"
                     " sales = tally.sales + excluded.sales,"
                     " subsidy_fen = tally.subsidy_fen + excluded.subsidy_fen,"
                     " payable_fen = tally.payable_fen + excluded.payable_fen",
    [commit] = "COMMIT",
};

/* Statements for many rows at once, each for one of these numbers of rows. */
enum { select_accounts, update_accounts, upsert_tranches, upsert_included, many_count };

static const int slices[] = {256, 64, 16, 4, 1};
enum { slice_count = sizeof slices / sizeof *slices };

static const struct {
  const char *before, *tuple, *behind;
} many[many_count] = {
    [select_accounts] = {"SELECT number FROM account WHERE number IN (", "?", ")"},
    [update_accounts] = {"UPDATE account SET subsidy_fen = subsidy_fen + change.column2,"
                         " personal_fen = personal_fen + change.column3, version = change.column4"
                         " FROM (VALUES ",
                         "(?, ?, ?, ?)", ") AS change WHERE number = change.column1"},
    [upsert_tranches] = {"INSERT INTO tranche (account, purse, tranche, fen) VALUES ", "(?, ?, ?, ?)",
                         " ON CONFLICT (account, purse, tranche)"
                         " DO UPDATE SET fen = tranche.fen + excluded.fen"},
    [upsert_included] = {"INSERT INTO included (account, terminal, epoch, sequence) VALUES ", "(?, ?, ?, ?)",
                         " ON CONFLICT (account, terminal)"
                         " DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence"
                         " WHERE (excluded.epoch, excluded.sequence)"
                         " > (included.epoch, included.sequence)"},
};

/* As Sources/SQLStore/SQLiteStore.swift opens it. */
static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                              "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                              "PRAGMA foreign_keys = ON; PRAGMA mmap_size = 0;";

static sqlite3 *database;
static sqlite3_stmt *statements[statement_count];
static sqlite3_stmt *prepared[many_count][slice_count];

static void check(int code, int expected) {
  if (code != expected) fail("sqlite", sqlite3_errmsg(database));
}

static void integer(int statement, int place, int64_t value) {
  check(sqlite3_bind_int64(statements[statement], place, value), SQLITE_OK);
}

static void bytes(int statement, int place, const void *start, int count) {
  check(sqlite3_bind_blob(statements[statement], place, start, count, SQLITE_STATIC), SQLITE_OK);
}

static void text(int statement, int place, const char *start) {
  check(sqlite3_bind_text(statements[statement], place, start, -1, SQLITE_STATIC), SQLITE_OK);
}

/* Runs a statement to its end. */
static void run(int statement) {
  int code = sqlite3_step(statements[statement]);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(texts[statement], sqlite3_errmsg(database));
  check(sqlite3_reset(statements[statement]), SQLITE_OK);
}

/* A hash that is as random as a real one, so that the indexes are written where they would be. */
static void head_of(int64_t sequence, uint8_t head[head_size]) {
  uint64_t state = (uint64_t)sequence * 0x9E3779B97F4A7C15u;
  for (int word = 0; word < head_size / 8; word++) {
    state ^= state >> 30;
    state *= 0xBF58476D1CE4E5B9u;
    state ^= state >> 27;
    memcpy(head + 8 * word, &state, 8);
    state += 0x94D049BB133111EBu;
  }
}

static int64_t account_of(int64_t sequence) { return sequence * 7919 % accounts + 1; }

static void take_record(int64_t sequence, int64_t intake) {
  uint8_t head[head_size], record[record_size] = {0};
  char purse[key_size];
  int64_t account = account_of(sequence);
  head_of(sequence, head);
  memcpy(record, &sequence, sizeof sequence);
  snprintf(purse, sizeof purse, "purse:%lld:subsidy:0", (long long)account);

  bytes(insert_record, 1, head, head_size);
  integer(insert_record, 2, sequence);
  integer(insert_record, 3, intake);
  bytes(insert_record, 4, record, record_size);
  integer(insert_record, 5, 1795406400000 + sequence);
  integer(insert_record, 6, account);
  run(insert_record);
  for (int leg = 0; leg < 2; leg++) {
    bytes(insert_leg, 1, head, head_size);
    integer(insert_leg, 2, leg);
    text(insert_leg, 3, leg == 0 ? purse : "payable:terminal:1");
    integer(insert_leg, 4, leg == 0 ? -1500 : 1500);
    run(insert_leg);
  }
}

/* What a statement for many rows is given for one of them. */
static int row_of(int statement, int64_t sequence, int64_t version, int64_t row[4]) {
  row[0] = account_of(sequence);
  switch (statement) {
    case select_accounts: return 1;
    case update_accounts: row[1] = -1500, row[2] = 0, row[3] = version; return 4;
    case upsert_tranches: row[1] = 1, row[2] = 0, row[3] = -1500; return 4;
    default: row[1] = 1, row[2] = 1, row[3] = sequence; return 4;
  }
}

/* Runs a statement for every record of a batch; no account comes twice in one. */
static void run_many(int statement, int64_t first, int64_t version) {
  int64_t done = 0;
  for (int size = 0; size < slice_count; size++) {
    for (; batch - done >= slices[size]; done += slices[size]) {
      sqlite3_stmt *slice = prepared[statement][size];
      for (int place = 0, bound = 0; place < slices[size]; place++) {
        int64_t row[4];
        int width = row_of(statement, first + done + place, version + done + place, row);
        for (int column = 0; column < width; column++) {
          check(sqlite3_bind_int64(slice, ++bound, row[column]), SQLITE_OK);
        }
      }
      int code;
      while ((code = sqlite3_step(slice)) == SQLITE_ROW) {}
      check(code, SQLITE_DONE);
      check(sqlite3_reset(slice), SQLITE_OK);
    }
  }
}

static void prepare_many(void) {
  static char sql[8192];
  for (int statement = 0; statement < many_count; statement++) {
    for (int size = 0; size < slice_count; size++) {
      size_t used = (size_t)snprintf(sql, sizeof sql, "%s", many[statement].before);
      for (int row = 0; row < slices[size]; row++) {
        used += (size_t)snprintf(sql + used, sizeof sql - used, "%s%s", row == 0 ? "" : ", ",
                                 many[statement].tuple);
      }
      snprintf(sql + used, sizeof sql - used, "%s", many[statement].behind);
      check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared[statement][size],
                               NULL),
            SQLITE_OK);
    }
  }
}

static void take_batch(int64_t first, int64_t intake) {
  uint8_t head[head_size];
  head_of(first + batch - 1, head);
  run(begin);
  bytes(select_ack, 1, head, head_size);
  run(select_ack);
  run(select_chain);
  run_many(select_accounts, first, 0);
  for (int64_t sequence = first; sequence < first + batch; sequence++) take_record(sequence, intake);
  run(raise_version);
  if (sqlite3_step(statements[select_version]) != SQLITE_ROW) fail("feed", "has no version");
  int64_t version = sqlite3_column_int64(statements[select_version], 0) - batch + 1;
  check(sqlite3_reset(statements[select_version]), SQLITE_OK);
  run_many(update_accounts, first, version);
  run_many(upsert_tranches, first, version);
  run_many(upsert_included, first, version);
  integer(update_chain, 1, first + batch - 1);
  bytes(update_chain, 2, head, head_size);
  run(update_chain);
  integer(insert_intake, 1, intake);
  integer(insert_intake, 2, 1795406400000 + intake);
  integer(insert_intake, 3, first);
  bytes(insert_intake, 4, head, head_size);
  run(insert_intake);
  run(upsert_tally);
  run(commit);
}

int main(int argc, char **argv) {
  char path[4096];
  size_t count = arguments(argc, argv, "books.sqlite", path, sizeof path) / batch;
  if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
    fail(path, sqlite3_errmsg(database));
  }
  check(sqlite3_exec(database, pragmas, NULL, NULL, NULL), SQLITE_OK);
  for (int statement = 0; statement < statement_count; statement++) {
    check(sqlite3_prepare_v3(database, texts[statement], -1, SQLITE_PREPARE_PERSISTENT,
                             &statements[statement], NULL),
          SQLITE_OK);
  }
  prepare_many();
  int64_t *durations = calloc(count, sizeof *durations);
  if (durations == NULL) fail("calloc", strerror(errno));
  for (size_t number = 0; number < count; number++) {
    int64_t before = nanoseconds_now();
    take_batch((int64_t)number * batch + 1, (int64_t)number + 2); /* they have one */
    durations[number] = nanoseconds_now() - before;
  }
  report(durations, count);
  for (int statement = 0; statement < statement_count; statement++) {
    sqlite3_finalize(statements[statement]);
  }
  for (int number = 0; number < many_count * slice_count; number++) {
    sqlite3_finalize(prepared[number / slice_count][number % slice_count]);
  }
  free(durations);
  check(sqlite3_close(database), SQLITE_OK);
  return 0;
}
