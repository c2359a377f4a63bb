"""What a centre keeps, in SQLite: who its terminals are, their records, and what it answered.

Every answer is on disk before it is given. It keeps records and posts none: it has no accounts, so nobody is fed
and every hold is refused, in the form that a terminal believes.
"""

import hashlib
import secrets
import sqlite3
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import wire
from wire import Problem, Signed, ZERO, encode, malformed

TOKEN_SECONDS = 15 * 60

SCHEMA = """
CREATE TABLE IF NOT EXISTS terminal (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, record_key BLOB,
  token_digest BLOB, token_expires REAL, token_spent INTEGER NOT NULL DEFAULT 0,
  last_echoed INTEGER NOT NULL DEFAULT 0, last_ack INTEGER NOT NULL DEFAULT 0);
-- Of a terminal's certificates, in order of issue: whether it was shown, and whether a later one was.
CREATE TABLE IF NOT EXISTS certificate (
  issued INTEGER PRIMARY KEY AUTOINCREMENT, terminal INTEGER NOT NULL, serial TEXT NOT NULL UNIQUE,
  seen INTEGER NOT NULL DEFAULT 0, superseded INTEGER NOT NULL DEFAULT 0);
-- The end of the branch that was accepted first.
CREATE TABLE IF NOT EXISTS chain (
  terminal INTEGER, epoch INTEGER, last INTEGER NOT NULL, head BLOB NOT NULL,
  PRIMARY KEY (terminal, epoch));
-- Every record once, by its id; those of a fork stand beside the others.
CREATE TABLE IF NOT EXISTS record (
  terminal INTEGER, id BLOB, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
  accepted INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (terminal, id));
CREATE INDEX IF NOT EXISTS record_place ON record (terminal, epoch, sequence);
CREATE TABLE IF NOT EXISTS ack (
  terminal INTEGER, number INTEGER, epoch INTEGER, first INTEGER, records INTEGER, head BLOB,
  challenge BLOB, nonce BLOB, named INTEGER, next_epoch INTEGER, token BLOB, bytes BLOB,
  PRIMARY KEY (terminal, number));
CREATE INDEX IF NOT EXISTS ack_challenge ON ack (terminal, challenge);
CREATE TABLE IF NOT EXISTS answer (terminal INTEGER, id BLOB, request BLOB, bytes BLOB,
  PRIMARY KEY (terminal, id));
CREATE TABLE IF NOT EXISTS released (terminal INTEGER, id BLOB, PRIMARY KEY (terminal, id));
"""


class Books:
    def __init__(self, folder: Path):
        self.key = self._key(folder / "centre.key")
        self.lock = threading.Lock()
        self.db = sqlite3.connect(folder / "books.sqlite", isolation_level=None, check_same_thread=False)
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)

    @staticmethod
    def _key(path):
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(secrets.token_bytes(32))
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    def write(self, work):
        """Runs work in one transaction; what it returns is on disk."""
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                value = work()
                self.db.execute("COMMIT")
                return value
            except BaseException:
                self.db.execute("ROLLBACK")
                raise

    def one(self, sql, *values):
        return self.db.execute(sql, values).fetchone()

    # Who is there.

    def invite(self, number, name, secret):
        self.write(lambda: self.db.execute(
            "INSERT INTO terminal (number, name, token_digest, token_expires) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (number) DO UPDATE SET token_digest = excluded.token_digest,"
            " token_expires = excluded.token_expires, token_spent = 0",
            (number, name, hashlib.sha256(secret).digest(), time.time() + TOKEN_SECONDS)))

    def adopt(self, number, name, record_key):
        """A terminal that joined before these books began. What it handed in elsewhere it hands in again."""
        self.write(lambda: self.db.execute(
            "INSERT INTO terminal (number, name, record_key) VALUES (?, ?, ?)",
            (number, name, record_key)))

    def join(self, signed: Signed, certify):
        """Lets a terminal join. certify(number, request) gives (DER, serial)."""
        request = wire.Message(signed.body, "enrol request")
        if request.number(1) != 1:
            raise Problem("not-spoken", "enrol request.format")
        number, secret = request.number(2), request.bytes(3, (16,))
        raw = request.bytes(5, (32,))
        signed.opened("enrol", Ed25519PublicKey.from_public_bytes(raw), "enrol request")

        def work():
            row = self.one(
                "SELECT name, record_key, token_expires, token_spent FROM terminal"
                " WHERE number = ? AND token_digest = ?", number, hashlib.sha256(secret).digest())
            if row is None or row[2] < time.time():
                raise Problem("refused", "the join token is not known here, or over")
            if row[3] and row[1] != raw:
                raise Problem("refused", "the join token was used before")
            if row[1] not in (None, raw) and self.one(
                    "SELECT 1 FROM chain WHERE terminal = ?", number):
                raise Problem("refused", "the terminal has settled with another key")
            der, serial = certify(number, request.bytes(4))
            self.db.execute(
                "UPDATE terminal SET record_key = ?, token_spent = 1 WHERE number = ?", (raw, number))
            self.db.execute("UPDATE certificate SET superseded = 1 WHERE terminal = ?", (number,))
            self.db.execute(
                "INSERT INTO certificate (terminal, serial) VALUES (?, ?)", (number, serial))
            return number, row[0], der

        return self.write(work)

    def renew(self, signed: Signed, number, certify):
        request = signed.opened("renew", self.record_key(number), "renew request")
        if request.number(1) != 1:
            raise Problem("not-spoken", "renew request.format")
        if request.number(2) != number:
            raise malformed("renew request.terminal")

        def work():
            der, serial = certify(number, request.bytes(3))
            self.db.execute(
                "INSERT INTO certificate (terminal, serial) VALUES (?, ?)", (number, serial))
            return number, self.one("SELECT name FROM terminal WHERE number = ?", number)[0], der

        return self.write(work)

    def admit(self, number, serial):
        """Whoever shows the newest certificate first puts an end to those before it."""
        def work():
            row = self.one(
                "SELECT issued, superseded FROM certificate WHERE terminal = ? AND serial = ?",
                number, serial)
            if row is None or row[1]:
                raise Problem("not-admitted", "another certificate took the place of this one")
            self.db.execute(
                "UPDATE certificate SET superseded = 1 WHERE terminal = ? AND issued < ?",
                (number, row[0]))

        self.write(work)

    def record_key(self, number):
        with self.lock:
            row = self.one("SELECT record_key FROM terminal WHERE number = ?", number)
        if row is None or row[0] is None:
            raise Problem("not-admitted", f"terminal {number} has not joined")
        return Ed25519PublicKey.from_public_bytes(row[0])

    # Batches.

    def take(self, batch: wire.Batch, number):
        """Takes a batch. Returns the signed ack, what was seen, and the records that were new."""
        opened = wire.open_batch(batch, number, self.record_key(number))
        return self.write(lambda: self._take(opened))

    def _take(self, batch):
        place = (batch.terminal, batch.epoch)
        stored = self.one(
            "SELECT bytes FROM ack WHERE terminal = ? AND challenge = ? AND epoch = ? AND first = ?"
            " AND records = ? AND head = ?", batch.terminal, batch.challenge, batch.epoch,
            batch.first, len(batch.records), batch.head)
        if stored:
            return Signed.from_protobuf(stored[0]), [], []
        last_echoed, newest_ack = self.one(
            "SELECT last_echoed, last_ack FROM terminal WHERE number = ?", batch.terminal)
        self._open_epoch(batch, last_echoed)
        last, end = self.one("SELECT last, head FROM chain WHERE terminal = ? AND epoch = ?", *place)
        flags, new, named = [], [], (batch.last, batch.head)

        parent = self._parent(batch)
        if parent is None:
            flags.append("gap")
            again = self.one(
                "SELECT 1 FROM ack WHERE terminal = ? AND epoch = ? AND first = ? AND named < first - 1",
                *place, batch.first)
            # Its branch left ours earlier than is known here: it hands in the whole epoch again.
            named = (0, ZERO) if again or last >= batch.first else (last, end)
        elif parent and self._agrees(batch):
            if batch.last > last:
                self.db.execute(
                    "UPDATE chain SET last = ?, head = ? WHERE terminal = ? AND epoch = ?",
                    (batch.last, batch.head, *place))
            new = self._keep(batch, accepted=True)
        else:
            flags.append("fork")
            new = self._keep(batch, accepted=False)

        echoed = 0
        if batch.nonce:
            row = self.one(
                "SELECT number FROM ack WHERE terminal = ? AND nonce = ?", batch.terminal, batch.nonce)
            echoed = row[0] if row else None
        # Behind a gap it may be the centre that forgot: an ack that it does not know accuses nobody.
        stale = echoed not in (last_echoed, newest_ack) and not (parent is None and echoed is None)
        behind = not flags and 0 < batch.newest < last
        if stale or behind:
            flags.append("staleCopy")
        if echoed in (last_echoed, newest_ack):
            self.db.execute(
                "UPDATE terminal SET last_echoed = ? WHERE number = ?", (echoed, batch.terminal))
        return self._acknowledge(batch, newest_ack + 1, named), flags, new

    def _parent(self, batch):
        """Whether the record before the batch is on the accepted branch; None where it is not held."""
        if batch.first == 1:
            return True if batch.previous == ZERO else None
        row = self.one(
            "SELECT accepted FROM record WHERE terminal = ? AND id = ? AND epoch = ? AND sequence = ?",
            batch.terminal, batch.previous, batch.epoch, batch.first - 1)
        return None if row is None else bool(row[0])

    def _agrees(self, batch):
        """Whether no other record is accepted at a place of the batch."""
        held = dict(self.db.execute(
            "SELECT sequence, id FROM record WHERE terminal = ? AND epoch = ? AND sequence >= ?"
            " AND sequence <= ? AND accepted = 1",
            (batch.terminal, batch.epoch, batch.first, batch.last)))
        return all(held.get(batch.first + index, id) == id for index, id in enumerate(batch.heads))

    def _open_epoch(self, batch, last_echoed):
        newest = self.one("SELECT max(epoch) FROM chain WHERE terminal = ?", batch.terminal)[0] or 0
        if 0 < batch.epoch <= newest:
            return
        offered = batch.epoch == 1 if newest == 0 else batch.epoch == newest + 1 and self.one(
            "SELECT 1 FROM ack WHERE terminal = ? AND number >= ? AND next_epoch = ? AND token = ?",
            batch.terminal, last_echoed, batch.epoch, batch.token)
        if not offered:
            raise Problem(
                "epoch-not-open", f"epoch {batch.epoch} is not open here; the newest is {newest}")
        self.db.execute(
            "INSERT INTO chain VALUES (?, ?, 0, ?)", (batch.terminal, batch.epoch, ZERO))

    def _keep(self, batch, accepted):
        new = []
        for index, (id, record) in enumerate(zip(batch.heads, batch.records)):
            sequence = batch.first + index
            if self.one("SELECT 1 FROM record WHERE terminal = ? AND id = ?", batch.terminal, id):
                continue
            self.db.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)",
                (batch.terminal, id, batch.epoch, sequence, int(accepted), record))
            new.append((batch.epoch, sequence, record))
            released = released_hold(record)
            if released:
                self.db.execute(
                    "INSERT OR IGNORE INTO released VALUES (?, ?)", (batch.terminal, released))
        return new

    def _acknowledge(self, batch, number, named):
        newest = self.one("SELECT max(epoch) FROM chain WHERE terminal = ?", batch.terminal)[0]
        nonce, token = secrets.token_bytes(32), secrets.token_bytes(32)
        ack = Signed.make("ack", encode(
            (1, 1), (2, batch.terminal), (3, batch.epoch), (4, named[0]), (5, named[1]), (6, nonce),
            (7, batch.challenge), (8, int(time.time() * 1000)), (9, wire.RECORDS_PER_BATCH),
            (10, newest + 1), (11, token)), self.key)
        self.db.execute(
            "INSERT INTO ack VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (batch.terminal, number, batch.epoch, batch.first, len(batch.records), batch.head,
             batch.challenge, nonce, named[0], newest + 1, token, ack.protobuf()))
        self.db.execute(
            "UPDATE terminal SET last_ack = ? WHERE number = ?", (number, batch.terminal))
        return ack

    # What a terminal asks.

    def feed(self, signed: Signed, number):
        """A page without rows: there is nothing behind any cursor."""
        request = self._asked(signed, "feed-request", "feed request", number, 3, 4)
        cursor = request.number(1)
        return Signed.make("feed", encode(
            (1, 1), (2, number), (3, cursor), (4, cursor), (8, int(time.time() * 1000)),
            (11, request.bytes(5, (0, 32)))), self.key)

    def hold(self, signed: Signed, number):
        def refuse(request, id):
            released = self.one("SELECT 1 FROM released WHERE terminal = ? AND id = ?", number, id)
            # HOLD_REFUSAL_RELEASED, HOLD_REFUSAL_UNKNOWN_ACCOUNT
            return Signed.make("hold", encode(
                (1, 1), (2, number), (3, id), (5, 4 if released else 1),
                (7, request.bytes(9, (32,))), (8, int(time.time() * 1000))), self.key)

        return self._once(signed, "hold-request", number, refuse)

    def refund(self, signed: Signed, number):
        def refuse(request, id):
            # REFUND_HOLD_REFUSAL_UNKNOWN_SALE
            return Signed.make("refund", encode(
                (1, 1), (2, number), (3, id), (5, 1), (7, request.bytes(8, (32,))),
                (8, int(time.time() * 1000))), self.key)

        return self._once(signed, "refund-request", number, refuse)

    def _asked(self, signed, kind, what, number, terminal_field, format_field):
        request = signed.opened(kind, self.record_key(number), what)
        if request.number(format_field) != 1:
            raise Problem("not-spoken", f"{what}.format")
        if request.number(terminal_field) != number:
            raise malformed(f"{what}.terminal")
        return request

    def _once(self, signed, kind, number, answer):
        """The same request again gets the same bytes."""
        request = self._asked(signed, kind, kind, number, 2, 1)
        id = request.bytes(3, (32,))

        def work():
            row = self.one("SELECT request, bytes FROM answer WHERE terminal = ? AND id = ?", number, id)
            if row and row[0] != signed.body:
                raise Problem("refused", "the request's number is that of another request")
            if row:
                return Signed.from_protobuf(row[1])
            made = answer(request, id)
            self.db.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?)", (number, id, signed.body, made.protobuf()))
            return made

        return self.write(work)


def released_hold(record):
    """The hold that a record gives back; None for other records, and for what is none."""
    try:
        released = wire.decode(record).get(7)
        return wire.decode(released[-1]).get(1, [None])[-1] if released else None
    except (ValueError, TypeError):
        return None
