/* The peer of the centre's intake on PostgreSQL: a bare COPY of the same rows.
 *
 * usage: ingest-postgres SOCKET-DIRECTORY RECORDS
 *
 * PGOPTIONS names the schema that holds the centre's tables. Each 500 records are one transaction: their rows of `record`, and
 * the two legs of each, in binary. It reads nothing, and leaves out balances, tranches, acks and signatures.
 */
#include "measure.h"

#include <libpq-fe.h>

enum { accounts = 10000, batch = 500, record_size = 70, head_size = 32, buffer_size = 1 << 20 };

static PGconn *connection;
static uint8_t buffer[buffer_size];
static size_t used;

static void put(const void *start, size_t count) {
  if (used + count > buffer_size) fail("buffer", "too small");
  memcpy(buffer + used, start, count);
  used += count;
}

static void put_number(uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    uint8_t byte = (uint8_t)(value >> shift);
    put(&byte, 1);
  }
}

static void field(const void *start, size_t count) {
  put_number(count, 4);
  put(start, count);
}

static void integer(int64_t value) {
  put_number(8, 4);
  put_number((uint64_t)value, 8);
}

static void text(const char *start) { field(start, strlen(start)); }

static void execute(const char *sql) {
  PGresult *result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(sql, PQerrorMessage(connection));
  PQclear(result);
}

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

static void put_header(void) {
  static const uint8_t header[19] = "PGCOPY\n\377\r\n";
  used = 0;
  put(header, sizeof header);
}

static void copy(const char *sql) {
  put_number(0xffff, 2);
  PGresult *result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_COPY_IN) fail(sql, PQerrorMessage(connection));
  PQclear(result);
  if (PQputCopyData(connection, (const char *)buffer, (int)used) != 1
      || PQputCopyEnd(connection, NULL) != 1) {
    fail(sql, PQerrorMessage(connection));
  }
  result = PQgetResult(connection);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(sql, PQerrorMessage(connection));
  PQclear(result);
  if (PQgetResult(connection) != NULL) fail(sql, "has more than one result");
}

static void copy_batch(int64_t first, int64_t intake) {
  uint8_t head[head_size], record[record_size] = {0};
  execute("BEGIN");
  put_header();
  for (int64_t sequence = first; sequence < first + batch; sequence++) {
    head_of(sequence, head);
    memcpy(record, &sequence, sizeof sequence);
    put_number(15, 2);
    integer(1);
    field(head, head_size);
    integer(1);
    integer(sequence);
    integer(1);
    integer(intake);
    field(record, record_size);
    integer(1795406400000 + sequence);
    text("sale");
    integer(sequence * 7919 % accounts + 1);
    integer(1);
    integer(1500);
    integer(0);
    integer(1);
    text("posted");
  }
  copy("COPY record (terminal, id, epoch, sequence, accepted, intake, bytes, wall_ms, kind, account, seller,"
       " subsidy_fen, personal_fen, times, standing) FROM STDIN (FORMAT binary)");
  put_header();
  for (int64_t sequence = first; sequence < first + batch; sequence++) {
    char purse[64];
    snprintf(purse, sizeof purse, "purse:%lld:subsidy:0", (long long)(sequence * 7919 % accounts + 1));
    head_of(sequence, head);
    for (int leg = 0; leg < 2; leg++) {
      put_number(4, 2);
      field(head, head_size);
      integer(leg);
      text(leg == 0 ? purse : "payable:terminal:1");
      integer(leg == 0 ? -1500 : 1500);
    }
  }
  copy("COPY leg (entry, leg, ledger_account, fen) FROM STDIN (FORMAT binary)");
  execute("COMMIT");
}

int main(int argc, char **argv) {
  char path[4096];
  size_t count = arguments(argc, argv, "", path, sizeof path) / batch;
  const char *const keys[] = {"host", "dbname", "user", NULL};
  const char *const values[] = {argv[1], "postgres", "canteen", NULL};
  connection = PQconnectdbParams(keys, values, 0);
  if (PQstatus(connection) != CONNECTION_OK) fail(argv[1], PQerrorMessage(connection));
  int64_t *durations = calloc(count, sizeof *durations);
  if (durations == NULL) fail("calloc", strerror(errno));
  for (size_t number = 0; number < count; number++) {
    int64_t before = nanoseconds_now();
    copy_batch((int64_t)number * batch + 1, (int64_t)number + 1);
    durations[number] = nanoseconds_now() - before;
  }
  report(durations, count);
  free(durations);
  PQfinish(connection);
  return 0;
}
