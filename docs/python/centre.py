#!/usr/bin/python3
"""A small centre for Canteen's terminals. It needs Debian's python3-cryptography and nothing else.

    centre.py token 3 "Window 3"              the token by which terminal 3 joins
    centre.py serve 127.0.0.1 8700            for terminals that join, and for those that push
    centre.py adopt 3 "Window 3" 5c2f…         terminal 3 joined the centre whose keys these are, with this key
    centre.py pull 192.0.2.7 8701 3           fetches from terminal 3, verifies, acknowledges, feeds

The state is in the folder that CENTRE_STATE names. docs/integration.md explains every step.
"""

import http.client
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import wire
from books import Books
from identity import Authority, join_token, peer
from wire import Batch, Problem, Signed, encode


class Centre:
    def __init__(self, folder: Path):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.books, self.authority = Books(folder), Authority(folder)

    def enrolment(self, joined):
        number, name, certificate = joined
        fields = {
            "format": 1, "terminal": number, "name": name, "certificate": certificate,
            "authority": self.authority.der, "centreKey": wire.raw(self.books.key.public_key()),
        }
        return Enrolment(fields)

    def enrol(self, signed):
        return self.enrolment(self.books.join(signed, self.authority.certify_terminal))

    def renew(self, signed, number):
        return self.enrolment(self.books.renew(signed, number, self.authority.certify_terminal))


class Enrolment:
    def __init__(self, fields):
        self.fields = fields

    def protobuf(self):
        return encode(*enumerate(self.fields.values(), 1))

    def json(self):
        return {
            key: wire.text(value) if isinstance(value, bytes) else value
            for key, value in self.fields.items()}


# Path: how long a body may be in protobuf, and whether an expired certificate may come.
ROUTES = {
    "/v1/enrol": (8192, True), "/v1/renew": (8192, True), "/v1/batch": (wire.BYTES_PER_BATCH, True),
    "/v1/feed": (512, False), "/v1/hold": (2048, False), "/v1/refund": (512, False),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "centre"
    timeout = 15
    # Head and body of an answer leave together.
    wbufsize = -1
    # Whether a body waits that nobody has read.
    has_body = False

    def do_GET(self):
        try:
            if self.path == "/v1/authority":
                self.answer(200, "application/x-pem-file", self.server.centre.authority.pem)
            elif self.path == "/healthz":
                self.answer(200, wire.JSON, b'{"status":"ok"}')
            else:
                self.refuse_path()
        except Problem as problem:
            self.refuse(problem)

    def do_POST(self):
        self.has_body = True
        try:
            if self.path not in ROUTES:
                self.refuse_path()
            number = self.sender()
            sent = wire.read_form(self.headers.get("Content-Type"))
            wanted = wire.wanted_form(", ".join(self.headers.get_all("Accept") or []), sent)
            body = self.body(wire.body_limit(sent, ROUTES[self.path][0]))
            message, flags = self.handle_body(body, sent, number)
            self.answer(
                200, wanted,
                message.protobuf() if wanted == wire.PROTOBUF else json.dumps(message.json()).encode(),
                [("Canteen-Flags", ", ".join(flags))] if flags else [])
        except Problem as problem:
            self.refuse(problem)
        except (OSError, EOFError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001: a mistake of ours is told as one
            print(f"{self.path}: {error!r}", file=sys.stderr)
            self.refuse(Problem("failed", "the request failed by a mistake of this end"))

    def do_other(self):
        try:
            self.refuse_path()
        except Problem as problem:
            self.refuse(problem)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.do_other
        raise AttributeError(name)

    def refuse_path(self):
        if self.path in ROUTES:
            raise Problem("method-not-allowed", "this path has POST")
        if self.path in ("/v1/authority", "/healthz"):
            raise Problem("method-not-allowed", "this path has GET")
        raise Problem("not-found", "there is nothing at this path")

    def sender(self):
        """Who sends: the certificate says it, and nothing else."""
        if self.path == "/v1/enrol":
            return None
        shown = peer(self.connection)
        if shown is None:
            raise Problem("no-certificate", "show the terminal's certificate, or join first")
        number, serial, has_expired = shown
        if number == 0:
            raise Problem("not-admitted", "this is no terminal")
        if has_expired and not ROUTES[self.path][1]:
            raise Problem("certificate-expired", "ask for a new certificate, then come again")
        self.server.centre.books.admit(number, serial)
        return number

    def body(self, limit):
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or self.headers.get("Transfer-Encoding"):
            raise wire.malformed("the length of the body")
        if int(length) > limit:
            raise Problem("body-too-large", f"the body has {length} bytes, more than {limit}")
        self.has_body = False
        return self.rfile.read(int(length))

    def handle_body(self, body, form, number):
        centre = self.server.centre
        if self.path == "/v1/batch":
            batch = (Batch.from_protobuf(body) if form == wire.PROTOBUF
                     else Batch.from_json(wire.read_json(body, "batch")))
            ack, flags, new = centre.books.take(batch, number)
            report(number, new, flags)
            return ack, flags
        signed = (Signed.from_protobuf(body) if form == wire.PROTOBUF
                  else Signed.from_json(wire.read_json(body, "signed")))
        if self.path == "/v1/enrol":
            return centre.enrol(signed), []
        work = {"/v1/renew": centre.renew, "/v1/feed": centre.books.feed,
                "/v1/hold": centre.books.hold, "/v1/refund": centre.books.refund}[self.path]
        return work(signed, number), []

    def refuse(self, problem):
        # A body that was not read would be taken for the next request. A small one is read and thrown away: who
        # still sends when the connection ends does not hear the answer.
        length = self.headers.get("Content-Length", "0")
        if self.has_body and length.isdigit() and int(length) <= 1 << 20:
            self.rfile.read(int(length))
        self.close_connection |= self.has_body
        fields = [("Allow", problem.detail.split()[-1])] if problem.status == 405 else []
        self.answer(problem.status, wire.PROBLEM, problem.body(), fields)

    def answer(self, status, media_type, body, fields=()):
        self.send_response(status)
        for name, value in [
                ("Content-Type", media_type), ("Content-Length", str(len(body))), *fields]:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, centre):
        super().__init__(address, Handler)
        self.centre, self.context = centre, centre.authority.context("server")

    def finish_request(self, request, client_address):
        # Here, in the connection's own thread: who does not shake hands keeps nobody waiting.
        request.settimeout(Handler.timeout)
        try:
            with self.context.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except OSError:
            pass


def report(number, new, flags):
    for epoch, sequence, record in new:
        kind = {2: "epoch opened", 3: "sale", 4: "decline", 5: "correction", 6: "day closed",
                7: "hold released"}
        try:
            names = [kind[field] for field in wire.decode(record) if field in kind]
        except ValueError:
            names = []
        print(f"terminal {number}, epoch {epoch}, record {sequence}: "
              f"{names[0] if names else 'of another version'}, {len(record)} bytes", flush=True)
    if flags:
        print(f"terminal {number} needs a look: {', '.join(flags)}", flush=True)


class Terminal:
    """The way to a terminal that is pulled. Everything in JSON, which shows that it is the same."""

    def __init__(self, host, port, number, centre):
        self.connection = http.client.HTTPSConnection(
            host, port, context=centre.authority.context("client"), timeout=10)
        self.connection.connect()
        shown = peer(self.connection.sock)
        if shown is None or shown[0] != number:
            raise SystemExit(f"{host}:{port} is not terminal {number}")

    def ask(self, method, path, message=None):
        headers = {"Accept": wire.JSON}
        body = None
        if message is not None:
            headers["Content-Type"] = wire.JSON
            body = json.dumps(message.json())
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        read = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {read.get('detail')}: {read.get('remedy')}")
        return read


def pull(centre, host, port, number):
    """Fetches until nothing waits. Each ack is on disk here before the terminal hears of it."""
    terminal = Terminal(host, port, number, centre)
    count = 0
    while True:
        batch = Batch.from_json(terminal.ask("GET", "/v1/batch"))
        ack, flags, new = centre.books.take(batch, number)
        report(number, new, flags)
        terminal.ask("POST", "/v1/ack", ack)
        count += len(new)
        if not batch.records and "gap" not in flags:
            break
    request = Signed.from_json(terminal.ask("POST", "/v1/feed"))
    terminal.ask("POST", "/v1/feed", centre.books.feed(request, number))
    renewal = terminal.ask("GET", "/v1/renewal")
    if renewal:
        terminal.ask("POST", "/v1/renewal", centre.renew(Signed.from_json(renewal), number))
    print(f"pull: ok {count} records", flush=True)


def main(arguments):
    centre = Centre(Path(os.environ.get("CENTRE_STATE", "centre-state")))
    match arguments:
        case ["token", number, name]:
            token, secret = join_token(int(number), centre.authority)
            centre.books.invite(int(number), name, secret)
            print(token)
        case ["adopt", number, name, key]:
            centre.books.adopt(int(number), name, bytes.fromhex(key))
        case ["serve", host, port]:
            server = Server((host, int(port)), centre)
            print(f"the centre listens on {host}:{server.server_address[1]}", flush=True)
            server.serve_forever()
        case ["pull", host, port, number]:
            pull(centre, host, int(port), int(number))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
