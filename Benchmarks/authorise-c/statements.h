/* The SQL of a durable authorisation. RepositoryTests holds each statement to be word for word one of
 * Sources/Journal, so that both sides of the ratio do the same work. */
#ifndef CANTEEN_STATEMENTS_H
#define CANTEEN_STATEMENTS_H

#define CREATE_STATE \
  "CREATE TABLE terminal_state (" \
  "  id INTEGER PRIMARY KEY CHECK (id = 1)," \
  "  terminal INTEGER NOT NULL," \
  "  epoch INTEGER NOT NULL," \
  "  sequence INTEGER NOT NULL," \
  "  head BLOB NOT NULL CHECK (length(head) = 32)," \
  "  acked_epoch INTEGER NOT NULL," \
  "  acked_sequence INTEGER NOT NULL," \
  "  acked_head BLOB NOT NULL CHECK (length(acked_head) = 32)," \
  "  acked_time_ms INTEGER NOT NULL DEFAULT 0," \
  "  nonce BLOB CHECK (length(nonce) = 32)," \
  "  next_size INTEGER NOT NULL," \
  "  unsettled_fen INTEGER NOT NULL DEFAULT 0," \
  "  next_epoch INTEGER NOT NULL DEFAULT 0," \
  "  epoch_token BLOB CHECK (length(epoch_token) = 32)," \
  "  opening_token BLOB CHECK (length(opening_token) = 32)," \
  "  feed_cursor INTEGER NOT NULL DEFAULT 0," \
  "  canteen INTEGER NOT NULL DEFAULT 0," \
  "  is_only_terminal INTEGER NOT NULL DEFAULT 0," \
  "  closed_epoch INTEGER NOT NULL DEFAULT 0," \
  "  closed_sequence INTEGER NOT NULL DEFAULT 0," \
  "  boot_id TEXT NOT NULL DEFAULT ''," \
  "  boot_epoch INTEGER NOT NULL DEFAULT 0," \
  "  boot_sequence INTEGER NOT NULL DEFAULT 0," \
  "  is_retired INTEGER NOT NULL DEFAULT 0," \
  "  is_open INTEGER NOT NULL DEFAULT 0" \
  ") STRICT;"

#define CREATE_RECORD \
  "CREATE TABLE record (" \
  "  epoch INTEGER NOT NULL," \
  "  sequence INTEGER NOT NULL," \
  "  wall_ms INTEGER NOT NULL," \
  "  bytes BLOB NOT NULL," \
  "  head BLOB NOT NULL CHECK (length(head) = 32)," \
  "  PRIMARY KEY (epoch, sequence)" \
  ") STRICT, WITHOUT ROWID;"

#define CREATE_SALE \
  "CREATE TABLE sale (" \
  "  account INTEGER NOT NULL," \
  "  epoch INTEGER NOT NULL," \
  "  sequence INTEGER NOT NULL," \
  "  purse INTEGER NOT NULL," \
  "  tranche INTEGER NOT NULL," \
  "  fen INTEGER NOT NULL," \
  "  boot_ms INTEGER NOT NULL," \
  "  PRIMARY KEY (account, epoch, sequence, purse, tranche)" \
  ") STRICT, WITHOUT ROWID;"

#define CREATE_MEAL_COUNTER \
  "CREATE TABLE meal_counter (" \
  "  account INTEGER NOT NULL," \
  "  day INTEGER NOT NULL," \
  "  period INTEGER NOT NULL," \
  "  sales INTEGER NOT NULL," \
  "  guests INTEGER NOT NULL," \
  "  fen INTEGER NOT NULL," \
  "  alone INTEGER NOT NULL," \
  "  alone_fen INTEGER NOT NULL," \
  "  market_fen INTEGER NOT NULL," \
  "  PRIMARY KEY (account, day, period)" \
  ") STRICT, WITHOUT ROWID;"

#define CREATE_ACCOUNT \
  "CREATE TABLE account (" \
  "  account INTEGER PRIMARY KEY," \
  "  masked_name TEXT NOT NULL," \
  "  status INTEGER NOT NULL," \
  "  category INTEGER NOT NULL," \
  "  home_canteen INTEGER NOT NULL," \
  "  version INTEGER NOT NULL," \
  "  includes_epoch INTEGER NOT NULL," \
  "  includes_sequence INTEGER NOT NULL" \
  ") STRICT;"

#define CREATE_TRANCHE \
  "CREATE TABLE tranche (" \
  "  account INTEGER NOT NULL," \
  "  purse INTEGER NOT NULL," \
  "  tranche INTEGER NOT NULL," \
  "  fen INTEGER NOT NULL," \
  "  last_day INTEGER," \
  "  PRIMARY KEY (account, purse, tranche)" \
  ") STRICT, WITHOUT ROWID;"

#define CREATE_CREDENTIAL \
  "CREATE TABLE credential (" \
  "  kind INTEGER NOT NULL," \
  "  value BLOB NOT NULL," \
  "  account INTEGER NOT NULL," \
  "  PRIMARY KEY (kind, value)" \
  ") STRICT, WITHOUT ROWID;" \
  " CREATE INDEX credential_by_account ON credential (account);"

#define SELECT_ACCOUNT \
  "SELECT a.account, a.masked_name, a.status, a.category, a.home_canteen," \
  "  a.includes_epoch, a.includes_sequence" \
  " FROM credential c JOIN account a ON a.account = c.account" \
  " WHERE c.kind = ? AND c.value = ?"

#define SELECT_TRANCHES "SELECT purse, tranche, fen, last_day FROM tranche WHERE account = ?"

#define SELECT_SPENT \
  "SELECT purse, tranche, fen FROM sale WHERE account = ? AND (epoch, sequence) > (?, ?)"

#define SELECT_COUNTERS \
  "SELECT period, sales, guests, fen, alone, alone_fen, market_fen FROM meal_counter" \
  " WHERE account = ? AND day = ?"

#define SELECT_RECENT_SALES \
  "SELECT DISTINCT epoch, sequence, boot_ms FROM sale" \
  " WHERE account = ? ORDER BY epoch DESC, sequence DESC LIMIT 8"

#define INSERT_RECORD \
  "INSERT INTO record (epoch, sequence, wall_ms, bytes, head) VALUES (?, ?, ?, ?, ?)"

#define UPDATE_STATE "UPDATE terminal_state SET sequence = ?, head = ?, unsettled_fen = ?"

#define INSERT_SALE \
  "INSERT INTO sale (account, epoch, sequence, purse, tranche, fen, boot_ms)" \
  " VALUES (?, ?, ?, ?, ?, ?, ?)"

#define COUNT_MEAL \
  "INSERT INTO meal_counter" \
  "  (account, day, period, sales, guests, fen, alone, alone_fen, market_fen)" \
  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" \
  " ON CONFLICT (account, day, period)" \
  " DO UPDATE SET sales = sales + excluded.sales, guests = guests + excluded.guests," \
  "  fen = fen + excluded.fen, alone = alone + excluded.alone," \
  "  alone_fen = alone_fen + excluded.alone_fen, market_fen = market_fen + excluded.market_fen"

#define OPEN_MEMBER "SAVEPOINT member"
#define CLOSE_MEMBER "RELEASE member"

#endif
