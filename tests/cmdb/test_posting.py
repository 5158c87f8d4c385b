"""Mail goes out over TLS with a password, or it does not go out and says why."""

import datetime as dt
import ipaddress
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cmdb.mailing import Delivered
from cmdb.telling import WAITING
from tests.builders import AT
from tests.mailbox import KAI, Post


@pytest.fixture
def quick(sqlite_store, tmp_path):
    """A site and a mail server, where the kind of database does not matter."""
    return Post(sqlite_store, tmp_path)


def certificate(folder):
    """A certificate for 127.0.0.1 and its key, in one file each."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "server.pem", folder / "server.key"


def test_mail_goes_out_over_starttls_with_a_password_and_not_without(quick, tmp_path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path))
    quick.tell()
    safe = {"security": "starttls", "user": "cmdb", "password_env": "X"}
    with quick.up(password="secret", require_starttls=True, tls_context=context):
        unknown = quick.tick(**safe)
        assert "certificate" in unknown.problem.lower()  # nobody vouches for it: nothing is sent
        at = AT + timedelta(hours=1)
        assert quick.tick(at).problem == "530 Must issue a STARTTLS command first"
        at += timedelta(hours=1)
        assert quick.tick(at, ca_file="server.pem", **safe) == Delivered(sent=1)
    assert quick.box.recipients == [[KAI]]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the loopback server says what we know
def test_a_wrong_password_keeps_the_mail_and_says_so_without_the_password(quick):
    quick.tell()
    with quick.up(password="another", auth_require_tls=False):
        done = quick.tick(user="cmdb", password_env="X")
    assert "535" in done.problem
    assert "secret" not in done.problem
    assert quick.states() == [WAITING]
