/* The peer of the journal's durable authorisation: the same SQL through the same SQLite, in C.
 *
 * usage: authorise-c DIRECTORY SWIPES
 *
 * Each swipe is one transaction that is on disk when it returns. What it leaves out, on purpose: the
 * hash chain (SHA-256 over some 120 bytes, about a microsecond) and the coding of records; bytes and
 * head have the sizes of real ones. What it keeps: every statement, savepoint and pragma.
 * Measured is from BEGIN to the return of COMMIT.
 */
#include "measure.h"
#include "statements.h"

#include <sqlite3.h>
#include <unistd.h>

enum {
  accounts = 1000,
  epoch = 1,
  record_size = 70,
  head_size = 32,
  serial_size = 7,
  card_serial = 1, /* Credential.Kind.cardSerial */
  price_fen = 1500,
  day = 20780, /* everybody eats in one meal, as often as the round comes by */
  period = 1,
  sales_per_meal = 1000,
};

/* The statements of a swipe in their order, and the two that surround them. */
enum {
  begin,
  open_member,
  select_account,
  select_tranches,
  select_spent,
  select_counters,
  select_recent_sales,
  insert_record,
  update_state,
  insert_sale,
  count_meal,
  close_member,
  commit,
  statement_count
};

static const char *const texts[statement_count] = {
    [begin] = "BEGIN IMMEDIATE TRANSACTION",
    [open_member] = OPEN_MEMBER,
    [select_account] = SELECT_ACCOUNT,
    [select_tranches] = SELECT_TRANCHES,
    [select_spent] = SELECT_SPENT,
    [select_counters] = SELECT_COUNTERS,
    [select_recent_sales] = SELECT_RECENT_SALES,
    [insert_record] = INSERT_RECORD,
    [update_state] = UPDATE_STATE,
    [insert_sale] = INSERT_SALE,
    [count_meal] = COUNT_MEAL,
    [close_member] = CLOSE_MEMBER,
    [commit] = "COMMIT TRANSACTION",
};

/* As Sources/LedgerDisk/DurabilitySettings.swift opens it; read back below. */
static const char *const pragmas[][3] = {
    {"locking_mode", "EXCLUSIVE", "exclusive"}, {"journal_mode", "WAL", "wal"},
    {"synchronous", "FULL", "2"},               {"wal_autocheckpoint", "0", "0"},
    {"trusted_schema", "OFF", "0"},             {"cell_size_check", "ON", "1"},
    {"foreign_keys", "ON", "1"},                {"mmap_size", "0", "0"},
};

static sqlite3 *database;
static sqlite3_stmt *statements[statement_count];

static void check(int code, int expected) {
  if (code != expected) fail("sqlite", sqlite3_errmsg(database));
}

static void execute(const char *sql) {
  check(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void set_pragma(const char *const pragma[3]) {
  char sql[128];
  snprintf(sql, sizeof sql, "PRAGMA %s = %s", pragma[0], pragma[1]);
  execute(sql);
  sqlite3_stmt *statement;
  snprintf(sql, sizeof sql, "PRAGMA %s", pragma[0]);
  check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
  check(sqlite3_step(statement), SQLITE_ROW);
  if (strcmp((const char *)sqlite3_column_text(statement, 0), pragma[2]) != 0) {
    fail(pragma[0], "the setting did not take");
  }
  check(sqlite3_finalize(statement), SQLITE_OK);
}

static void bind_integer(int statement, int place, int64_t value) {
  check(sqlite3_bind_int64(statements[statement], place, value), SQLITE_OK);
}

static void bind_bytes(int statement, int place, const uint8_t *bytes, int count) {
  check(sqlite3_bind_blob(statements[statement], place, bytes, count, SQLITE_STATIC), SQLITE_OK);
}

/* Runs a statement to its first row or its end. */
static int step(int statement) {
  int code = sqlite3_step(statements[statement]);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail(texts[statement], sqlite3_errmsg(database));
  return code;
}

static void reset(int statement) { check(sqlite3_reset(statements[statement]), SQLITE_OK); }

static void run(int statement) {
  if (step(statement) != SQLITE_DONE) fail(texts[statement], "an unexpected row");
  reset(statement);
}

static void serial_of(size_t account, uint8_t serial[serial_size]) {
  memset(serial, 0x04, serial_size);
  for (int place = 0; place < 4; place++) serial[6 - place] = (uint8_t)(account >> (8 * place));
}

/* Fills what the centre would have fed, and the state before the first record. */
static void populate(void) {
  char sql[512];
  execute("BEGIN IMMEDIATE");
  execute("INSERT INTO terminal_state (id, terminal, epoch, sequence, head, acked_epoch,"
          " acked_sequence, acked_head, next_size)"
          " VALUES (1, 1, 1, 0, zeroblob(32), 1, 0, zeroblob(32), 500)");
  for (size_t account = 1; account <= accounts; account++) {
    uint8_t serial[serial_size];
    serial_of(account, serial);
    char text[2 * serial_size + 1];
    for (int place = 0; place < serial_size; place++) {
      snprintf(text + 2 * place, 3, "%02x", serial[place]);
    }
    snprintf(sql, sizeof sql,
             "INSERT INTO account VALUES (%zu, '王*明', 1, 0, 1, 1, 0, 0);"
             "INSERT INTO tranche VALUES (%zu, 1, 0, 100000000, NULL), (%zu, 2, 0, 100000000, NULL);"
             "INSERT INTO credential VALUES (%d, x'%s', %zu)",
             account, account, account, card_serial, text, account);
    execute(sql);
  }
  execute("COMMIT");
}

/* Removes what an earlier run left: an empty ledger is measured. */
static void forget(const char *path, const char *suffix) {
  char file[4200];
  snprintf(file, sizeof file, "%s%s", path, suffix);
  if (unlink(file) != 0 && errno != ENOENT) fail(file, strerror(errno));
}

static void open_ledger(const char *path) {
  forget(path, "");
  forget(path, "-wal");
  forget(path, "-shm");
  check(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
        SQLITE_OK);
  for (size_t index = 0; index < sizeof pragmas / sizeof *pragmas; index++) {
    set_pragma(pragmas[index]);
  }
  execute(CREATE_STATE CREATE_RECORD CREATE_SALE CREATE_MEAL_COUNTER CREATE_ACCOUNT CREATE_TRANCHE
              CREATE_CREDENTIAL);
  populate();
  for (int statement = 0; statement < statement_count; statement++) {
    check(sqlite3_prepare_v3(database, texts[statement], -1, SQLITE_PREPARE_PERSISTENT,
                             &statements[statement], NULL),
          SQLITE_OK);
  }
}

/* Reads what a decision depends on, and judges it as far as to need every value. */
static int64_t account_that_may_pay(size_t swipe) {
  uint8_t serial[serial_size];
  serial_of(swipe % accounts + 1, serial);
  bind_integer(select_account, 1, card_serial);
  bind_bytes(select_account, 2, serial, serial_size);
  if (step(select_account) != SQLITE_ROW) fail("account", "missing");
  sqlite3_stmt *row = statements[select_account];
  int64_t account = sqlite3_column_int64(row, 0);
  int64_t includes_epoch = sqlite3_column_int64(row, 5);
  int64_t includes_sequence = sqlite3_column_int64(row, 6);

  int64_t balance = 0;
  bind_integer(select_tranches, 1, account);
  while (step(select_tranches) == SQLITE_ROW) {
    balance += sqlite3_column_int64(statements[select_tranches], 2);
  }
  reset(select_tranches);

  bind_integer(select_spent, 1, account);
  bind_integer(select_spent, 2, includes_epoch);
  bind_integer(select_spent, 3, includes_sequence);
  while (step(select_spent) == SQLITE_ROW) {
    balance -= sqlite3_column_int64(statements[select_spent], 2);
  }
  reset(select_spent);

  bind_integer(select_counters, 1, account);
  bind_integer(select_counters, 2, day);
  int64_t sales = 0;
  while (step(select_counters) == SQLITE_ROW) {
    sales += sqlite3_column_int64(statements[select_counters], 1);
  }
  reset(select_counters);

  bind_integer(select_recent_sales, 1, account);
  int64_t last_sequence = 0;
  if (step(select_recent_sales) == SQLITE_ROW) {
    last_sequence = sqlite3_column_int64(statements[select_recent_sales], 1);
  }
  reset(select_recent_sales);
  reset(select_account);
  if (balance < price_fen || sales >= sales_per_meal || last_sequence > (int64_t)swipe) {
    fail("authorise", "a swipe that must be approved was not");
  }
  return account;
}

/* One swipe, durable when it returns. */
static void authorise(size_t swipe, uint8_t record[record_size], uint8_t head[head_size]) {
  int64_t sequence = (int64_t)swipe + 1;
  memcpy(record, &sequence, sizeof sequence);
  memcpy(head, &sequence, sizeof sequence);

  run(begin);
  run(open_member);
  int64_t account = account_that_may_pay(swipe);
  bind_integer(insert_record, 1, epoch);
  bind_integer(insert_record, 2, sequence);
  bind_integer(insert_record, 3, 1700000000000 + sequence);
  bind_bytes(insert_record, 4, record, record_size);
  bind_bytes(insert_record, 5, head, head_size);
  run(insert_record);
  bind_integer(update_state, 1, sequence);
  bind_bytes(update_state, 2, head, head_size);
  bind_integer(update_state, 3, sequence * price_fen);
  run(update_state);
  bind_integer(insert_sale, 1, account);
  bind_integer(insert_sale, 2, epoch);
  bind_integer(insert_sale, 3, sequence);
  bind_integer(insert_sale, 4, 1);
  bind_integer(insert_sale, 5, 0);
  bind_integer(insert_sale, 6, price_fen);
  bind_integer(insert_sale, 7, sequence);
  run(insert_sale);
  bind_integer(count_meal, 1, account);
  bind_integer(count_meal, 2, day);
  bind_integer(count_meal, 3, period);
  bind_integer(count_meal, 4, 1);
  bind_integer(count_meal, 5, 0);
  bind_integer(count_meal, 6, price_fen);
  bind_integer(count_meal, 7, 1);
  bind_integer(count_meal, 8, price_fen);
  bind_integer(count_meal, 9, 0);
  run(count_meal);
  run(close_member);
  run(commit);
}

int main(int argc, char **argv) {
  char path[4096];
  size_t swipes = arguments(argc, argv, "authorise-c.sqlite", path, sizeof path);
  open_ledger(path);

  uint8_t record[record_size], head[head_size];
  memset(record, 0xa5, sizeof record);
  memset(head, 0x5a, sizeof head);
  int64_t *durations = calloc(swipes, sizeof *durations);
  if (durations == NULL) fail("calloc", strerror(errno));
  for (size_t swipe = 0; swipe < swipes; swipe++) {
    int64_t start = nanoseconds_now();
    authorise(swipe, record, head);
    durations[swipe] = nanoseconds_now() - start;
  }
  report(durations, swipes);

  free(durations);
  for (int statement = 0; statement < statement_count; statement++) {
    sqlite3_finalize(statements[statement]);
  }
  check(sqlite3_close(database), SQLITE_OK);
  return 0;
}
