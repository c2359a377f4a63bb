"""The centre's small certificate authority, and how both ends know each other: the only name in a certificate is
a URI, urn:canteen:centre or urn:canteen:terminal:7."""

import base64
import datetime
import hashlib
import secrets
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, load_pem_private_key)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wire import malformed

CENTRE = "urn:canteen:centre"
TERMINAL = "urn:canteen:terminal:"


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Authority:
    def __init__(self, folder: Path):
        self.folder = folder
        path = folder / "authority.pem"
        if not path.exists():
            path.touch(mode=0o600)
            key = ec.generate_private_key(ec.SECP256R1())
            path.write_bytes(pem(key) + self._root(key).public_bytes(Encoding.PEM))
        data = path.read_bytes()
        self.key = load_pem_private_key(data, None)
        self.certificate = x509.load_pem_x509_certificate(data[data.index(b"-----BEGIN CERT"):])
        self.der = self.certificate.public_bytes(Encoding.DER)
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    @staticmethod
    def _builder(subject, issuer, key, days):
        now = datetime.datetime.utcnow()
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=days)))

    @staticmethod
    def _usage(is_authority):
        return x509.KeyUsage(
            digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
            content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, encipher_only=False, decipher_only=False)

    def _root(self, key):
        authority = name("canteen authority")
        return (
            self._builder(authority, authority, key.public_key(), 20 * 365)
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(self._usage(True), critical=True).sign(key, hashes.SHA256()))

    def certify(self, uri, key, days=90):
        certificate = (
            self._builder(name(uri.removeprefix("urn:")), self.certificate.subject, key, days)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(self._usage(False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False)
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=True)
            .sign(self.key, hashes.SHA256()))
        return certificate.public_bytes(Encoding.DER), format(certificate.serial_number, "x")

    def certify_terminal(self, number, request):
        """Signs for whoever made a PKCS #10 request; what it says of itself is not looked at."""
        try:
            read = x509.load_der_x509_csr(request)
            key = read.public_key()
            if not read.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey):
                raise ValueError("not its key")
        except (ValueError, InvalidSignature) as error:
            raise malformed("the certificate request") from error
        return self.certify(f"{TERMINAL}{number}", key)

    # TLS.

    def context(self, side):
        """What the centre shows, and whom it believes: TLS 1.3, this authority and no other."""
        key = ec.generate_private_key(ec.SECP256R1())
        der, _ = self.certify(CENTRE, key.public_key())
        path = self.folder / f"centre-{side}.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            pem(key) + x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(
            ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(path)
        context.load_verify_locations(cadata=self.pem.decode())
        if side == "server":
            # Who joins has none yet. A terminal that was off for months shows one that has expired.
            context.verify_mode = ssl.CERT_OPTIONAL
            context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL
        else:
            context.check_hostname = False
        return context


def peer(connection):
    """The number of the terminal at the other end, the serial of its certificate, and whether that has expired;
    None where none was shown."""
    der = connection.getpeercert(binary_form=True)
    if not der:
        return None
    certificate = x509.load_der_x509_certificate(der)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uri = names.get_values_for_type(x509.UniformResourceIdentifier)[0]
    number = uri.removeprefix(TERMINAL)
    return (
        int(number) if number.isdigit() else 0, format(certificate.serial_number, "x"),
        certificate.not_valid_after < datetime.datetime.utcnow())


def join_token(number, authority: Authority):
    """The token by which a terminal joins, and its secret: the number, the SHA-256 of the authority, 16 random
    bytes, and a check."""
    secret = secrets.token_bytes(16)
    content = number.to_bytes(4, "big") + hashlib.sha256(authority.der).digest() + secret
    check = hashlib.sha256(content).digest()[:4]
    return "canteen-" + base64.urlsafe_b64encode(content + check).decode().rstrip("="), secret
