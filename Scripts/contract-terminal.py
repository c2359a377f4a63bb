#!/usr/bin/python3
"""A terminal for those who test a centre with other tools: joins, and writes what they need into a folder.

usage: contract-terminal.py URL TOKEN FOLDER

FOLDER gets authority.pem, terminal.pem (certificate and key) and record.key (what it signs with).
"""

import base64
import hashlib
import http.client
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs/python"))

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding, NoEncryption, PrivateFormat)

import identity  # noqa: E402
import wire  # noqa: E402


def ask(address, context, method, path, body=None):
    connection = http.client.HTTPSConnection(address, context=context, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {data.decode()}")
    return data


def main(url, token, folder):
    address = urlsplit(url).netloc
    folder = Path(folder)
    content = base64.urlsafe_b64decode(token.removeprefix("canteen-") + "==")
    number, anchor, secret = int.from_bytes(content[:4], "big"), content[4:36], content[36:52]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    authority = ask(address, context, "GET", "/v1/authority")
    der = x509.load_pem_x509_certificate(authority).public_bytes(Encoding.DER)
    if hashlib.sha256(der).digest() != anchor:
        raise SystemExit("this is not the centre that the token is of")
    context = ssl.create_default_context(cadata=authority.decode())
    context.check_hostname = False

    record_key, link_key = Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(
        identity.name("terminal")).sign(link_key, hashes.SHA256())
    body = wire.encode(
        (1, 1), (2, number), (3, secret), (4, request.public_bytes(Encoding.DER)),
        (5, wire.raw(record_key.public_key())))
    enrolment = wire.Message(
        ask(address, context, "POST", "/v1/enrol",
            wire.Signed.make("enrol", body, record_key).protobuf()), "enrolment")

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "authority.pem").write_bytes(authority)
    certificate = x509.load_der_x509_certificate(enrolment.bytes(4))
    (folder / "terminal.pem").write_bytes(
        certificate.public_bytes(Encoding.PEM) + identity.pem(link_key))
    (folder / "record.key").write_bytes(
        record_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
