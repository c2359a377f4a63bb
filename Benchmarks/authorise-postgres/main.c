/* The same debit on a local PostgreSQL: one client, prepared statements, one commit a swipe.
 *
 * usage: authorise-postgres SOCKET-DIRECTORY SWIPES
 *
 * The tables and statements are those of authorise-c in PostgreSQL's dialect. Statements that do not
 * need one another's rows travel together (libpq's pipeline), so that a swipe takes three round trips.
 * What it leaves out, in PostgreSQL's favour: the row lock that two clients would need, and the
 * savepoint. The server's settings are its defaults: fsync and synchronous_commit are on.
 */
#include "measure.h"

#include <libpq-fe.h>

enum {
  accounts = 1000,
  record_size = 70,
  head_size = 32,
  serial_size = 7,
  price_fen = 1500,
  parameters = 9,
  number_size = 24,
};

static const char schema[] =
    "SET client_min_messages = warning;"
    "DROP TABLE IF EXISTS terminal_state, record, sale, meal_counter, account, tranche, credential;"
    "CREATE TABLE terminal_state (id int PRIMARY KEY, sequence bigint, head bytea, unsettled_fen bigint);"
    "CREATE TABLE record (epoch bigint, sequence bigint, wall_ms bigint, bytes bytea NOT NULL,"
    "  head bytea NOT NULL CHECK (length(head) = 32), PRIMARY KEY (epoch, sequence));"
    "CREATE TABLE sale (account bigint, epoch bigint, sequence bigint, purse bigint, tranche bigint,"
    "  fen bigint NOT NULL, boot_ms bigint NOT NULL,"
    "  PRIMARY KEY (account, epoch, sequence, purse, tranche));"
    "CREATE TABLE meal_counter (account bigint, day bigint, period bigint, sales bigint, guests bigint,"
    "  fen bigint, alone bigint, alone_fen bigint, market_fen bigint,"
    "  PRIMARY KEY (account, day, period));"
    "CREATE TABLE account (account bigint PRIMARY KEY, masked_name text, status int, category int,"
    "  home_canteen int, version bigint, includes_epoch bigint, includes_sequence bigint);"
    "CREATE TABLE tranche (account bigint, purse bigint, tranche bigint, fen bigint, last_day int,"
    "  PRIMARY KEY (account, purse, tranche));"
    "CREATE TABLE credential (kind int, value bytea, account bigint, PRIMARY KEY (kind, value));"
    "INSERT INTO terminal_state VALUES (1, 0, NULL, 0);"
    "INSERT INTO account SELECT a, '王*明', 1, 0, 1, a, 0, 0 FROM generate_series(1, 1000) a;"
    "INSERT INTO tranche SELECT a, p, 0, 100000000, NULL"
    "  FROM generate_series(1, 1000) a, generate_series(1, 2) p;"
    "INSERT INTO credential SELECT 1, '\\x040404'::bytea || int4send(a), a"
    "  FROM generate_series(1, 1000) a;"
    "VACUUM ANALYZE;";

enum {
  select_account,
  select_tranches,
  select_spent,
  select_counters,
  select_recent_sales,
  insert_record,
  update_state,
  insert_sale,
  count_meal,
  begin,
  commit,
  statement_count
};

static const char *const texts[statement_count] = {
    [select_account] =
        "SELECT a.account, a.masked_name, a.status, a.category, a.home_canteen, a.includes_epoch,"
        " a.includes_sequence FROM credential c JOIN account a ON a.account = c.account"
        " WHERE c.kind = 1 AND c.value = $1",
    [select_tranches] = "SELECT purse, tranche, fen, last_day FROM tranche WHERE account = $1",
    [select_spent] = "SELECT purse, tranche, fen FROM sale"
                     " WHERE account = $1 AND (epoch, sequence) > ($2, $3)",
    [select_counters] = "SELECT period, sales, guests, fen, alone, alone_fen, market_fen"
                        " FROM meal_counter WHERE account = $1 AND day = $2",
    [select_recent_sales] = "SELECT DISTINCT epoch, sequence, boot_ms FROM sale WHERE account = $1"
                            " ORDER BY epoch DESC, sequence DESC LIMIT 8",
    [insert_record] = "INSERT INTO record VALUES (1, $1, $2, $3, $4)",
    [update_state] = "UPDATE terminal_state SET sequence = $1, head = $2, unsettled_fen = $3",
    [insert_sale] = "INSERT INTO sale VALUES ($1, 1, $2, 1, 0, $3, $4)",
    [count_meal] = "INSERT INTO meal_counter VALUES ($1, 20780, 1, 1, 0, $2, 1, $2, 0)"
                   " ON CONFLICT (account, day, period) DO UPDATE"
                   " SET sales = meal_counter.sales + excluded.sales,"
                   "  guests = meal_counter.guests + excluded.guests,"
                   "  fen = meal_counter.fen + excluded.fen,"
                   "  alone = meal_counter.alone + excluded.alone,"
                   "  alone_fen = meal_counter.alone_fen + excluded.alone_fen,"
                   "  market_fen = meal_counter.market_fen + excluded.market_fen",
    [begin] = "BEGIN",
    [commit] = "COMMIT",
};

static PGconn *connection;

/* The parameters of the statement that is sent next: text for numbers, bytes as they are. */
static struct {
  const char *values[parameters];
  int lengths[parameters];
  int formats[parameters];
  char numbers[parameters][number_size];
  int count;
} bound;

static void number(int64_t value) {
  snprintf(bound.numbers[bound.count], number_size, "%lld", (long long)value);
  bound.values[bound.count] = bound.numbers[bound.count];
  bound.lengths[bound.count] = 0;
  bound.formats[bound.count++] = 0;
}

static void bytes(const void *start, int size) {
  bound.values[bound.count] = start;
  bound.lengths[bound.count] = size;
  bound.formats[bound.count++] = 1;
}

static void send(int statement) {
  char name[16];
  snprintf(name, sizeof name, "s%d", statement);
  if (!PQsendQueryPrepared(connection, name, bound.count, bound.values, bound.lengths, bound.formats,
                           0)) {
    fail(texts[statement], PQerrorMessage(connection));
  }
  bound.count = 0;
}

/* The result of the statement that was sent first and not taken yet. */
static PGresult *take(ExecStatusType expected) {
  PGresult *result = PQgetResult(connection);
  if (PQresultStatus(result) != expected) fail("a statement", PQerrorMessage(connection));
  if (expected != PGRES_PIPELINE_SYNC && PQgetResult(connection) != NULL) {
    fail("a statement", "has more than one result");
  }
  return result;
}

static void take_and_forget(ExecStatusType expected) { PQclear(take(expected)); }

static void travel(void) {
  if (!PQpipelineSync(connection)) fail("pipeline", PQerrorMessage(connection));
}

static int64_t cell(const PGresult *result, int row, int column) {
  return strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static void open_ledger(const char *directory) {
  const char *const keys[] = {"host", "dbname", "user", NULL};
  const char *const values[] = {directory, "postgres", "canteen", NULL};
  connection = PQconnectdbParams(keys, values, 0);
  if (PQstatus(connection) != CONNECTION_OK) fail(directory, PQerrorMessage(connection));
  for (const char *start = schema; *start != '\0';) { /* VACUUM takes no company */
    const char *end = strchr(start, ';') + 1;
    char sql[1024];
    snprintf(sql, sizeof sql, "%.*s", (int)(end - start), start);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(sql, PQerrorMessage(connection));
    PQclear(result);
    start = end;
  }
  for (int statement = 0; statement < statement_count; statement++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", statement);
    PGresult *result = PQprepare(connection, name, texts[statement], 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
      fail(texts[statement], PQerrorMessage(connection));
    }
    PQclear(result);
  }
  if (!PQenterPipelineMode(connection)) fail("pipeline", PQerrorMessage(connection));
}

/* Reads what a decision depends on, and judges it as far as to need every value. */
static int64_t account_that_may_pay(size_t swipe) {
  uint8_t serial[serial_size];
  size_t card = swipe * 7919 % accounts + 1;
  memset(serial, 0x04, sizeof serial);
  for (int place = 0; place < 4; place++) serial[6 - place] = (uint8_t)(card >> (8 * place));
  send(begin);
  bytes(serial, serial_size);
  send(select_account);
  travel();
  take_and_forget(PGRES_COMMAND_OK);
  PGresult *row = take(PGRES_TUPLES_OK);
  if (PQntuples(row) != 1) fail("account", "missing");
  int64_t account = cell(row, 0, 0), epoch = cell(row, 0, 5), sequence = cell(row, 0, 6);
  PQclear(row);
  take_and_forget(PGRES_PIPELINE_SYNC);

  number(account);
  send(select_tranches);
  number(account);
  number(epoch);
  number(sequence);
  send(select_spent);
  number(account);
  number(20780);
  send(select_counters);
  number(account);
  send(select_recent_sales);
  travel();
  int64_t balance = 0, sales = 0, last = 0;
  PGresult *rows = take(PGRES_TUPLES_OK);
  for (int place = 0; place < PQntuples(rows); place++) balance += cell(rows, place, 2);
  PQclear(rows);
  rows = take(PGRES_TUPLES_OK);
  for (int place = 0; place < PQntuples(rows); place++) balance -= cell(rows, place, 2);
  PQclear(rows);
  rows = take(PGRES_TUPLES_OK);
  for (int place = 0; place < PQntuples(rows); place++) sales += cell(rows, place, 1);
  PQclear(rows);
  rows = take(PGRES_TUPLES_OK);
  if (PQntuples(rows) > 0) last = cell(rows, 0, 1);
  PQclear(rows);
  take_and_forget(PGRES_PIPELINE_SYNC);
  if (balance < price_fen || sales >= 1000 || last > (int64_t)swipe) {
    fail("authorise", "a swipe that must be approved was not");
  }
  return account;
}

/* One swipe, durable when it returns. */
static void authorise(size_t swipe, uint8_t record[record_size], uint8_t head[head_size]) {
  int64_t sequence = (int64_t)swipe + 1;
  memcpy(record, &sequence, sizeof sequence);
  memcpy(head, &sequence, sizeof sequence);

  int64_t account = account_that_may_pay(swipe);
  number(sequence);
  number(1700000000000 + sequence);
  bytes(record, record_size);
  bytes(head, head_size);
  send(insert_record);
  number(sequence);
  bytes(head, head_size);
  number(sequence * price_fen);
  send(update_state);
  number(account);
  number(sequence);
  number(price_fen);
  number(sequence);
  send(insert_sale);
  number(account);
  number(price_fen);
  send(count_meal);
  send(commit);
  travel();
  for (int written = 0; written < 5; written++) take_and_forget(PGRES_COMMAND_OK);
  take_and_forget(PGRES_PIPELINE_SYNC);
}

int main(int argc, char **argv) {
  char path[4096];
  size_t swipes = arguments(argc, argv, "", path, sizeof path);
  open_ledger(argv[1]);
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
  PQfinish(connection);
  return 0;
}
