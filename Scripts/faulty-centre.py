#!/usr/bin/python3
"""The centre of the integration guide with one mistake, which CENTRE_FAULT names: what the conformance kit must
find (Sources/Laboratory/Conformance/FaultyCentre.swift)."""

import os
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs/python"))

import centre  # noqa: E402
import wire  # noqa: E402
from books import Books  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

one, keep_ack, take, feed = Books.one, Books._acknowledge, Books._take, Books.feed


def forget(*beginnings):
    """Books that do not find what was asked with such a statement."""
    Books.one = lambda self, sql, *values: (
        None if sql.startswith(beginnings) else one(self, sql, *values))


def answers_anew():
    forget("SELECT bytes FROM ack")


def believes_any_signature():
    wire.Signed.opened = lambda self, kind, key, what: wire.Message(self.body, what)


def signs_with_another_key():
    other = Ed25519PrivateKey.generate()

    def acknowledge(self, *arguments):
        own, self.key = self.key, other
        try:
            return keep_ack(self, *arguments)
        finally:
            self.key = own

    Books._acknowledge = acknowledge


def forgets_the_challenge():
    def acknowledge(self, batch, *arguments):
        batch.challenge = secrets.token_bytes(32)
        return keep_ack(self, batch, *arguments)

    Books._acknowledge = acknowledge


def takes_behind_a_gap():
    Books._parent = lambda self, batch: True


def sees_no_fork():
    Books._agrees = lambda self, batch: True


def sees_no_copy():
    def blind(self, batch):
        ack, flags, new = take(self, batch)
        return ack, [flag for flag in flags if flag != "staleCopy"], new

    Books._take = blind


def opens_any_epoch():
    Books._open_epoch = lambda self, batch, _: self.db.execute(
        "INSERT OR IGNORE INTO chain VALUES (?, ?, 0, ?)",
        (batch.terminal, batch.epoch, wire.ZERO))


def answers_in_the_form_of_the_body():
    wire.wanted_form = lambda accept, sent: sent


def refuses_in_plain_text():
    wire.Problem.body = lambda self: self.detail.encode()


def spends_tokens_twice():
    def unspent(self, sql, *values):
        row = one(self, sql, *values)
        if row and sql.startswith("SELECT name, record_key"):
            return row[:1] + (None,) + row[2:3] + (0,)
        return row

    Books.one = unspent


def lets_old_certificates_in():
    Books.admit = lambda self, number, serial: None


def reads_any_length():
    wire.body_limit = lambda form, limit: 1 << 30


def holds_anew():
    forget("SELECT request, bytes FROM answer")
    execute = Books._once

    def anew(self, signed, kind, number, answer):
        made = []

        def once_more(request, id):
            made.append(answer(request, id))
            self.db.execute("DELETE FROM answer WHERE id = ?", (id,))
            return made[-1]

        return execute(self, signed, kind, number, once_more)

    Books._once = anew


def echoes_no_nonce():
    def page(self, signed, number):
        whole = feed(self, signed, number)
        fields = wire.decode(whole.body)
        fields.pop(11, None)
        return wire.Signed.make(
            "feed", wire.encode(*((field, values[-1]) for field, values in sorted(fields.items()))),
            self.key)

    Books.feed = page


globals()[os.environ["CENTRE_FAULT"].replace("-", "_")]()
centre.main(sys.argv[1:])
