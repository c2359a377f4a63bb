"""What travels between a terminal and its centre: protobuf, signatures, the chain, and both forms of a body.

Only the few rules of protobuf that the contract needs are here; a centre in earnest generates its code from
Sources/SyncProtocol/Contract/*.proto.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
PROBLEM = "application/problem+json"
ZERO = bytes(32)
RECORDS_PER_BATCH = 500
BYTES_PER_BATCH = 256 * 1024
BYTES_PER_RECORD = 4096

# Name: status, title, what its receiver does. docs/integration.md says more.
PROBLEMS = {
    "malformed": (400, "The body is not what the contract says", "Do not send it again."),
    "not-spoken": (400, "Another version of the contract", "Update the older end."),
    "not-genuine": (400, "Not signed by the sender, or changed on the way", "Check the key."),
    "refused": (400, "Not done", "Do what the detail says."),
    "no-certificate": (401, "No certificate was shown", "Join first."),
    "not-admitted": (403, "Not let in", "Ask the operator of the centre."),
    "certificate-expired": (403, "The certificate has expired", "Ask for a new one."),
    "not-found": (404, "Nothing is at this path", "Compare the path with the contract."),
    "method-not-allowed": (405, "This path has other methods", "Use one of the field Allow."),
    "not-acceptable": (406, "No answer in a form that was asked for", "Accept one of the two."),
    "body-too-slow": (408, "The body did not come in time", "Send it again."),
    "epoch-not-open": (409, "The epoch is not open", "Keep the records and ask the operator."),
    "body-too-large": (413, "The body is larger than its limit", "Send less."),
    "media-type-unsupported": (415, "A body in another form", "Send one of the two."),
    "failed": (500, "A mistake of this end", "Send it again later."),
}


class Problem(Exception):
    """A refusal, as RFC 9457 has it."""

    def __init__(self, name, detail):
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail
        self.status, self.title, self.remedy = PROBLEMS[name]

    def body(self):
        return json.dumps({
            "type": "https://canteen.example.org/problems/" + self.name, "title": self.title,
            "status": self.status, "detail": self.detail, "remedy": self.remedy,
        }).encode()


def malformed(what):
    return Problem("malformed", f"{what} is not what the contract says")


# Protobuf.


def varint(number):
    out = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def encode(*fields):
    """A message of (number, value): an integer of 0 or more, bytes, or text; what is empty is left out."""
    out = b""
    for number, value in fields:
        if isinstance(value, str):
            value = value.encode()
        if isinstance(value, bytes) and value:
            out += varint(number << 3 | 2) + varint(len(value)) + value
        elif isinstance(value, int) and value:
            out += varint(number << 3) + varint(value)
    return out


def decode(message):
    """The fields of a message: number to values, each an integer or bytes. Raises ValueError."""
    fields, place = {}, 0

    def read():
        nonlocal place
        number = shift = 0
        while True:
            if place >= len(message) or shift > 63:
                raise ValueError("a number is cut")
            byte = message[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number & 0xFFFF_FFFF_FFFF_FFFF

    while place < len(message):
        tag = read()
        kind = tag & 7
        if kind == 0:
            value = read()
        else:
            # Groups are in no message of the contract.
            length = {1: 8, 5: 4}.get(kind) if kind != 2 else read()
            if length is None or place + length > len(message) or tag >> 3 == 0:
                raise ValueError("a field is cut")
            value = message[place:place + length]
            place += length
        fields.setdefault(tag >> 3, []).append(value)
    return fields


class Message:
    """The fields of a message, read with their types; the last of equal fields counts."""

    def __init__(self, data, what):
        self.what = what
        try:
            self.fields = decode(data)
        except ValueError as error:
            raise malformed(what) from error

    def number(self, field):
        value = self.fields.get(field, [0])[-1]
        if not isinstance(value, int):
            raise malformed(f"{self.what}, field {field}")
        return value

    def all_bytes(self, field):
        values = self.fields.get(field, [])
        if not all(isinstance(value, bytes) for value in values):
            raise malformed(f"{self.what}, field {field}")
        return values

    def bytes(self, field, lengths=None):
        value = (self.all_bytes(field) or [b""])[-1]
        if lengths is not None and len(value) not in lengths:
            raise malformed(f"{self.what}, field {field}")
        return value


# Signatures.


def key_id(key: Ed25519PublicKey):
    return hashlib.sha256(raw(key)).digest()[:8]


def raw(key: Ed25519PublicKey):
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def signed_bytes(kind, body):
    return b"canteen.v1." + kind.encode() + b"\0" + body


@dataclass
class Signed:
    """Bytes, and the signature over exactly these bytes."""

    body: bytes
    signature: bytes
    algorithm: int
    key_id: bytes

    @staticmethod
    def make(kind, body, key: Ed25519PrivateKey):
        return Signed(body, key.sign(signed_bytes(kind, body)), 1, key_id(key.public_key()))

    def opened(self, kind, key: Ed25519PublicKey, what):
        """The body as a message, once the signature was found to be this key's."""
        if self.algorithm != 1:
            raise Problem("not-spoken", f"{what}: the algorithm")
        try:
            key.verify(self.signature, signed_bytes(kind, self.body))
        except InvalidSignature as error:
            raise Problem("not-genuine", f"{what}: the signature is not this key's") from error
        if self.key_id != key_id(key):
            raise Problem("not-genuine", f"{what}: another key's id")
        return Message(self.body, what)

    def protobuf(self):
        return encode((1, self.body), (2, self.signature), (3, self.algorithm), (4, self.key_id))

    def json(self):
        return {
            "body": text(self.body), "signature": text(self.signature),
            "algorithm": "ALGORITHM_ED25519", "keyId": text(self.key_id),
        }

    @staticmethod
    def from_protobuf(data, what="signed"):
        message = Message(data, what)
        return Signed(message.bytes(1), message.bytes(2), message.number(3), message.bytes(4))

    @staticmethod
    def from_json(value, what="signed"):
        if not isinstance(value, dict):
            raise malformed(what)
        algorithm = value.get("algorithm", 0)
        return Signed(
            unbase64(value.get("body"), what), unbase64(value.get("signature"), what),
            1 if algorithm in ("ALGORITHM_ED25519", 1) else 0,
            unbase64(value.get("keyId", value.get("key_id")), what))


@dataclass
class Batch:
    header: Signed
    records: list

    def protobuf(self):
        return encode((1, self.header.protobuf())) + b"".join(
            varint(2 << 3 | 2) + varint(len(record)) + record for record in self.records)

    @staticmethod
    def from_protobuf(data):
        message = Message(data, "batch")
        return Batch(Signed.from_protobuf(message.bytes(1)), message.all_bytes(2))

    @staticmethod
    def from_json(value):
        if not isinstance(value, dict):
            raise malformed("batch")
        records = value.get("records") or []
        if not isinstance(records, list):
            raise malformed("batch")
        return Batch(
            Signed.from_json(value.get("header") or {}),
            [unbase64(record, "a record") for record in records])


def text(data):
    return base64.b64encode(data).decode()


def unbase64(value, what):
    if value is None:
        return b""
    if not isinstance(value, str):
        raise malformed(what)
    plain = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise malformed(what) from error


# Forms.


def body_limit(form, limit):
    return limit if form == PROTOBUF else limit + limit // 2 + 4096


def read_form(content_type):
    """In which form a body is; protobuf where nothing is said."""
    if content_type is None:
        return PROTOBUF
    form = content_type.split(";")[0].strip().lower()
    if form not in (PROTOBUF, JSON):
        raise Problem("media-type-unsupported", f"{form[:100]} is not spoken here")
    return form


def wanted_form(accept, sent):
    """The form that is wanted most; among equals that of the body."""
    if not accept or not accept.strip(" ,"):
        return sent
    ranges = {}
    for element in accept.split(","):
        name, *parameters = [part.strip().lower() for part in element.split(";")]
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = -1.0
        if 0 <= weight <= 1:
            ranges[name] = max(weight, ranges.get(name, 0))

    def weight(form):
        for name in (form, "application/*", "*/*"):
            if name in ranges:
                return ranges[name]
        return 0

    best = max((sent, PROTOBUF, JSON), key=weight)
    if weight(best) == 0:
        raise Problem("not-acceptable", "nothing that the field Accept names is spoken here")
    return best


def read_json(body, what):
    if not body:
        return {}
    try:
        # RecursionError: nested deeper than anything of the contract.
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise malformed(f"{what} in JSON") from error


# The chain.


def head(previous, record, terminal, epoch, sequence):
    """The identity of a record: SHA-256 over its place, the head before it and its bytes."""
    return hashlib.sha256(
        b"\x01" + terminal.to_bytes(4, "big") + epoch.to_bytes(4, "big")
        + sequence.to_bytes(8, "big") + previous + len(record).to_bytes(4, "big") + record).digest()


@dataclass
class OpenedBatch:
    """A batch whose signature, limits and chain were verified."""

    terminal: int
    epoch: int
    first: int
    previous: bytes
    head: bytes
    nonce: bytes
    challenge: bytes
    token: bytes
    newest: int
    records: list
    heads: list

    @property
    def last(self):
        return self.first + len(self.records) - 1


def open_batch(batch: Batch, terminal, key: Ed25519PublicKey):
    header = batch.header.opened("batch", key, "batch.header")
    if header.number(1) != 1:
        raise Problem("not-spoken", f"batch.format {header.number(1)}")
    if header.number(2) != terminal:
        raise malformed("batch.terminal")
    opened = OpenedBatch(
        terminal, header.number(3), header.number(4), header.bytes(6, (32,)),
        header.bytes(7, (32,)), header.bytes(8, (0, 32)), header.bytes(9, (32,)),
        header.bytes(10, (0, 32)), header.number(11), batch.records, [])
    if not 0 < opened.epoch < 1 << 32 or not 0 < opened.first < 1 << 62:
        raise malformed("batch.first_sequence")
    if len(batch.records) != header.number(5) or len(batch.records) > RECORDS_PER_BATCH:
        raise malformed("batch.count")
    if any(len(record) > BYTES_PER_RECORD for record in batch.records):
        raise malformed("a record")
    if opened.newest and opened.newest < opened.last:
        raise malformed("batch.newest_sequence")
    end = opened.previous
    for index, record in enumerate(batch.records):
        end = head(end, record, terminal, opened.epoch, opened.first + index)
        opened.heads.append(end)
    if end != opened.head:
        raise Problem("not-genuine", "the records do not lead to the stated head")
    return opened
