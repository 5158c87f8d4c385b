"""Signatures: real keys, the real ssh-keygen, and both ways to verify held equal."""

import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256, sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cmdb import signatures, sshsig
from cmdb.errors import Invalid, Refused
from cmdb.model import Person, PublicKey
from cmdb.sshsig import string

KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa521": ["-t", "ecdsa", "-b", "521"],
    "rsa": ["-t", "rsa", "-b", "2048"],
}
STATEMENT = "I approve CR-142, für den Hafen.\n".encode() + bytes(range(256))


def make_key(path: Path, options: list[str], passphrase: str = "") -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-N", passphrase, "-C", "a test", "-f", str(path), *options], check=True
    )
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name, options) for name, options in KINDS.items()}


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    socket = tmp_path / "agent"
    running = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.readline()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield
    running.terminate()
    running.stdout.close()
    running.wait()


def both_say(statement: bytes, signature: str, *, namespace: str, keys: list[str]) -> str | None:
    """The key both ways agree on, or None where both refuse; anything else fails the test."""
    answers: list[str | None] = []
    for check in (signatures.verify, signatures.verify_with_tool):
        try:
            answers.append(check(statement, signature, namespace=namespace, keys=keys))
        except Refused:
            answers.append(None)
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.parametrize("kind", KINDS)
def test_memory_and_tool_agree_on_good_and_bad_signatures(keys: dict[str, Path], kind: str) -> None:
    mine = signatures.read_public_key(keys[kind]).text
    other = signatures.read_public_key(keys["rsa" if kind != "rsa" else "ed25519"]).text
    signature = signatures.sign(STATEMENT, namespace="vote@cmdb", key=keys[kind])

    assert both_say(STATEMENT, signature, namespace="vote@cmdb", keys=[other, mine]) == mine
    assert both_say(STATEMENT + b" ", signature, namespace="vote@cmdb", keys=[mine]) is None
    assert both_say(b"", signature, namespace="vote@cmdb", keys=[mine]) is None
    assert both_say(STATEMENT, signature, namespace="decision@cmdb", keys=[mine]) is None
    assert both_say(STATEMENT, signature, namespace="vote@cmdb", keys=[other]) is None
    assert both_say(STATEMENT, signature, namespace="vote@cmdb", keys=[]) is None


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_of_a_signature_is_accepted(keys: dict[str, Path], kind: str) -> None:
    mine = signatures.read_public_key(keys[kind]).text
    signature = signatures.sign(STATEMENT, namespace="vote@cmdb", key=keys[kind])
    raw = bytearray(b64decode("".join(signature.strip().split("\n")[1:-1])))
    for at in range(0, len(raw), 7):
        raw[at] ^= 0x20
        with pytest.raises(Refused):
            signatures.verify(STATEMENT, armoured(bytes(raw)), namespace="vote@cmdb", keys=[mine])
        raw[at] ^= 0x20
    assert signatures.verify(STATEMENT, armoured(bytes(raw)), namespace="vote@cmdb", keys=[mine]) == mine


@pytest.mark.parametrize("cut", ["", "no signature", "-----BEGIN SSH SIGNATURE-----", "\ud800", "ä" * 70_000])
def test_what_is_no_signature_block_is_refused_both_ways(keys: dict[str, Path], cut: str) -> None:
    mine = signatures.read_public_key(keys["ed25519"]).text
    assert both_say(STATEMENT, cut, namespace="vote@cmdb", keys=[mine]) is None


def test_text_after_a_signature_block_is_refused(keys: dict[str, Path]) -> None:
    mine = signatures.read_public_key(keys["ed25519"]).text
    signature = signatures.sign(STATEMENT, namespace="vote@cmdb", key=keys["ed25519"])
    with pytest.raises(Refused, match="BEGIN and END"):
        signatures.verify(STATEMENT, signature + "approved\n", namespace="vote@cmdb", keys=[mine])


@pytest.mark.parametrize("touched", [True, False])
def test_security_keys_count_only_when_touched(touched: bool) -> None:
    application, flags, counter = b"ssh:", bytes([touched]), b"\0\0\0\7"
    private = Ed25519PrivateKey.generate()
    raw_key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = b"sk-ssh-ed25519@openssh.com"
    blob = string(name) + string(raw_key) + string(application)
    signed = sha256(application).digest() + flags + counter + sha256(to_sign()).digest()
    signature = string(name) + string(private.sign(signed)) + flags + counter
    text = f"{name.decode()} {b64encode(blob).decode()}"
    block = block_of(blob, signature)
    if touched:
        assert both_say(STATEMENT, block, namespace="vote@cmdb", keys=[text]) == text
        assert both_say(b"other", block, namespace="vote@cmdb", keys=[text]) is None
    else:
        with pytest.raises(Refused, match="not touched"):
            signatures.verify(STATEMENT, block, namespace="vote@cmdb", keys=[text])


def test_ecdsa_security_keys_are_verified() -> None:
    application, flags, counter = b"ssh:", b"\1", b"\0\0\1\0"
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    name = b"sk-ecdsa-sha2-nistp256@openssh.com"
    blob = string(name) + string(b"nistp256") + string(point) + string(application)
    signed = sha256(application).digest() + flags + counter + sha256(to_sign()).digest()
    first, second = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
    pair = b"".join(string(n.to_bytes(n.bit_length() // 8 + 1, "big")) for n in (first, second))
    text = f"{name.decode()} {b64encode(blob).decode()}"
    block = block_of(blob, string(name) + string(pair) + flags + counter)
    assert both_say(STATEMENT, block, namespace="vote@cmdb", keys=[text]) == text
    assert both_say(b"other", block, namespace="vote@cmdb", keys=[text]) is None


def test_a_missing_key_file_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        signatures.sign(b"x", namespace="vote@cmdb", key=tmp_path / "nothing")
    assert "ssh-keygen -t ed25519" in refused.value.remedy


def test_an_encrypted_key_without_agent_is_refused_and_never_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = make_key(tmp_path / "locked", KINDS["ed25519"], passphrase="open sesame")
    with pytest.raises(Refused) as refused:
        signatures.sign(b"x", namespace="vote@cmdb", key=key)
    assert refused.value.remedy == f"Type: ssh-add {key}"


def test_a_private_key_open_to_others_is_refused(tmp_path: Path) -> None:
    key = make_key(tmp_path / "loose", KINDS["ed25519"])
    key.chmod(0o644)
    with pytest.raises(Refused, match="open to other people"):
        signatures.sign(b"x", namespace="vote@cmdb", key=key)


def test_the_agent_signs_for_a_public_key_file(tmp_path: Path, agent: None) -> None:
    key = make_key(tmp_path / "held", KINDS["ed25519"])
    public = key.with_suffix(".pub")
    key.rename(tmp_path / "away")
    with pytest.raises(Refused, match="agent does not hold"):
        signatures.sign(b"x", namespace="vote@cmdb", key=public)
    subprocess.run(["ssh-add", "-q", str(tmp_path / "away")], check=True)
    signature = signatures.sign(b"x", namespace="vote@cmdb", key=public)
    text = signatures.read_public_key(public).text
    assert both_say(b"x", signature, namespace="vote@cmdb", keys=[text]) == text


def test_without_openssh_the_refusal_says_what_to_install(
    keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="not installed"):
        signatures.sign(b"x", namespace="vote@cmdb", key=keys["ed25519"])


def test_a_fingerprint_is_what_ssh_keygen_prints(keys: dict[str, Path]) -> None:
    for path in keys.values():
        shown = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True)
        assert signatures.fingerprint(signatures.read_public_key(path).text) == shown.stdout.split()[1]


def test_a_public_key_is_read_from_either_half(keys: dict[str, Path], tmp_path: Path) -> None:
    from_pub = signatures.read_public_key(keys["ed25519"].with_suffix(".pub"))
    alone = tmp_path / "alone"
    alone.write_bytes(keys["ed25519"].read_bytes())
    alone.chmod(0o600)
    assert signatures.read_public_key(alone).text == from_pub.text
    assert from_pub.comment == "a test"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "ssh-rsa ????",
        "ssh-dss AAAAB3NzaC1kc3M=",
        "ä ö",
        "ssh-ed25519 é",
    ],
)
def test_what_cannot_sign_here_is_no_public_key(text: str) -> None:
    with pytest.raises(Invalid):
        signatures.public_key(text)


def test_a_short_rsa_key_is_invalid(tmp_path: Path) -> None:
    key = make_key(tmp_path / "short", ["-t", "rsa", "-b", "1024"])
    with pytest.raises(Invalid, match="too weak"):
        signatures.read_public_key(key)


def test_the_key_of_the_actor_is_found_by_folder_file_or_home(keys: dict[str, Path], tmp_path: Path) -> None:
    ed, rsa = (signatures.read_public_key(keys[kind]) for kind in ("ed25519", "rsa"))
    person = Person(id="a.vries", name="A", keys=(PublicKey(text=ed.text), PublicKey(text=rsa.text)))
    folder, home = tmp_path / "keys", tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    folder.mkdir()
    (folder / "a.vries.key").write_bytes(keys["rsa"].read_bytes())
    (folder / "a.vries.key").chmod(0o600)
    (home / ".ssh" / "id_ecdsa.pub").write_bytes(keys["ecdsa256"].with_suffix(".pub").read_bytes())
    (home / ".ssh" / "id_rsa.pub").write_bytes(keys["rsa"].with_suffix(".pub").read_bytes())

    by_folder = {"CMDB_KEYS": str(folder), "CMDB_KEY": str(keys["ed25519"]), "HOME": str(home)}
    assert signatures.choose_key(person, by_folder) == folder / "a.vries.key"
    assert signatures.choose_key(person, {"CMDB_KEY": str(keys["ed25519"])}) == keys["ed25519"]
    assert signatures.choose_key(person, {"HOME": str(home)}) == home / ".ssh" / "id_rsa.pub"
    assert signatures.own_key("a.vries", {"HOME": str(home)}) == home / ".ssh" / "id_ecdsa.pub"


def test_an_unregistered_key_is_refused_with_the_command_that_registers_it(keys: dict[str, Path]) -> None:
    stranger = Person(id="a.vries", name="A. de Vries")
    with pytest.raises(Refused) as refused:
        signatures.choose_key(stranger, {"CMDB_KEY": str(keys["ed25519"])})
    assert "--as a.vries" in refused.value.remedy
    assert "cmdb person key" in refused.value.remedy
    with pytest.raises(Refused, match="no ssh key"):
        signatures.choose_key(stranger, {"CMDB_KEYS": os.devnull})


def to_sign() -> bytes:
    parts = (b"vote@cmdb", b"", b"sha512", sha512(STATEMENT).digest())
    return sshsig.MAGIC + b"".join(string(part) for part in parts)


def block_of(key_blob: bytes, signature: bytes) -> str:
    fields = (key_blob, b"vote@cmdb", b"", b"sha512", signature)
    return armoured(sshsig.MAGIC + b"\0\0\0\1" + b"".join(string(part) for part in fields))


def armoured(raw: bytes) -> str:
    text = b64encode(raw).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join([sshsig.BEGIN, *lines, sshsig.END, ""])
