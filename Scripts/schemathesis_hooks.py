"""What schemathesis cannot make up: bodies that a terminal signed. Half of the well-formed requests get one, whose
fields are good or strange, so that what is behind the signature is tried, too.

CONTRACT_TERMINAL names the folder that Scripts/contract-terminal.py wrote.
"""

import os
import random
import sys
from pathlib import Path

import schemathesis
from schemathesis import GenerationMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs/python"))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

import wire  # noqa: E402

KEY = Ed25519PrivateKey.from_private_bytes(
    (Path(os.environ["CONTRACT_TERMINAL"]) / "record.key").read_bytes())
TERMINAL = 1
STRANGE = [0, 1, 2, 499, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1]

# Kind, and the fields as a good request has them; a length stands for so many random bytes.
FEED = ("feed-request", [(1, 0), (2, 0), (3, TERMINAL), (4, 1), (5, "0")])
HOLD = ("hold-request", [
    (1, 1), (2, TERMINAL), (3, "32"), (4, 1), (5, 100), (6, 50), (8, "0"), (9, "32")])
REFUND = ("refund-request", [
    (1, 1), (2, TERMINAL), (3, "32"), (4, 9), (5, 0), (6, 1), (7, 0), (8, "32")])
HEADER = ("batch", [
    (1, 1), (2, TERMINAL), (3, 1), (4, 1), (5, 0), (6, "zero"), (7, "zero"), (8, "0"), (9, "32"),
    (10, "0"), (11, 0)])
MESSAGES = {"/v1/feed": FEED, "/v1/hold": HOLD, "/v1/refund": REFUND, "/v1/batch": HEADER}


def made(kind, fields, chance):
    def value(good):
        if chance.random() < 0.15:
            return chance.choice(STRANGE)
        if isinstance(good, int):
            return good
        if good == "zero" and chance.random() < 0.8:
            return wire.ZERO
        length = 32 if good == "zero" else int(good)
        return chance.randbytes(chance.choice([length] * 9 + [31]))

    body = wire.encode(*((number, value(good)) for number, good in fields))
    return wire.Signed.make(kind, body, KEY)


@schemathesis.hook
def before_call(context, case, kwargs):
    chance = random.Random(repr(case.body))
    if (case.path not in MESSAGES or case.meta is None or chance.random() < 0.5
            or case.meta.generation.mode != GenerationMode.POSITIVE
            or case.media_type not in (wire.JSON, wire.PROTOBUF)):
        return
    signed = made(*MESSAGES[case.path], chance)
    message = wire.Batch(signed, []) if case.path == "/v1/batch" else signed
    if case.media_type == wire.PROTOBUF:
        case.body = message.protobuf()
    else:
        case.body = (
            signed.json() if message is signed else {"header": signed.json(), "records": []})
