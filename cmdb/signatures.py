"""Signatures over statements: made with ssh-keygen, checked here, and whose key is whose.

    sign(statement, *, namespace, key) -> str                  through `ssh-keygen -Y sign`
    verify(statement, signature, *, namespace, keys) -> str    in memory; the key text that signed
    verify_with_tool(statement, signature, *, namespace, keys) -> str    the same, by `ssh-keygen`
    Remembered(check)        either of them, each signature checked once
    read_public_key(path) -> PublicKey        public_key(text) -> PublicKey
    fingerprint(key_text) -> str              `SHA256:...`, as ssh-keygen -l prints it
    own_key(person_id, environ) -> Path       the key file to sign with, registered or not
    choose_key(person, environ, owner_of) -> Path       the same, and it is registered to that person

`key` is a private key file, or a public key file whose private half the agent holds. A program
is never left waiting for a passphrase: without an agent an encrypted key is refused.
Source: rules.md 1 (who acts), 6 (one ssh namespace per kind of statement); OpenSSH PROTOCOL.sshsig.
"""

import os
import re
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cmdb import files, sshsig
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Person, PublicKey, shown

TOOL = "ssh-keygen"
_KEY_LIMIT = 65_536  # bytes: the largest key file OpenSSH makes is a tenth of that
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")

_NAMESPACE = re.compile(r"[a-z][a-z0-9._-]*(@[a-z0-9._-]+)?")
_MAKE_ONE = (
    "Make one with 'ssh-keygen -t ed25519'. 'cmdb init' takes it from there; at a site that stands, "
    "'cmdb person key FILE.pub --as {}' registers it."
)


def sign(statement: bytes, *, namespace: str, key: Path) -> str:
    """Sign a statement and give the armoured signature, already checked against the key.

    Never asks for a passphrase. Raises Refused when the key file is missing, unreadable, open to
    others or encrypted and not in the agent, or when ssh-keygen is not installed.
    """
    _check_namespace(namespace)
    public = read_public_key(key)
    done = _run(["-Y", "sign", "-n", namespace, "-f", str(key.absolute())], statement)
    if done.returncode:
        raise _cannot_sign(key, done.stderr.decode("utf-8", "replace"))
    signature = done.stdout.decode("ascii", "replace")
    verify(statement, signature, namespace=namespace, keys=[public.text])
    return signature


def verify(statement: bytes, signature: str, *, namespace: str, keys: Iterable[str]) -> str:
    """Give the key among `keys` that signed exactly this statement in this namespace.

    Raises Refused, with the reason, when none of them did: another statement, another namespace,
    another key, a block that is damaged or of an unsupported type.
    """
    block = sshsig.parse(signature)
    ask = "Ask the signer to sign again with a registered key."
    if block.namespace != namespace:
        raise Refused(f"The signature was made for '{shown(block.namespace)}', not for '{namespace}'.", ask)
    body = b64encode(block.key).decode("ascii")
    signer = next((text for text in keys if text.split()[1:2] == [body]), None)
    if signer is None:
        raise Refused(
            f"The signature is by the key {_fingerprint(block.key)}, which does not count here.", ask
        )
    if not sshsig.made_by_its_key(block, statement):
        raise Refused(f"The signature by the key {_fingerprint(block.key)} is over another statement.", ask)
    return signer


class Check(Protocol):
    """How a signature is checked: gives the key that signed, or raises Refused."""

    def __call__(self, statement: bytes, signature: str, *, namespace: str, keys: Iterable[str]) -> str:
        """Check one signature."""


class Remembered:
    """A check that is made once for the same statement, signature and namespace, and remembered if it held.

    What is remembered is which key signed, so that another set of keys is answered rightly.
    """

    def __init__(self, check: Check) -> None:
        self.check = check
        self._held: dict[bytes, str] = {}

    def __call__(self, statement: bytes, signature: str, *, namespace: str, keys: Iterable[str]) -> str:
        """Give the key among `keys` that signed, as `verify` does. Raises Refused when none did."""
        counted = list(keys)
        parts = (namespace.encode(), signature.encode("utf-8", "surrogatepass"), statement)
        whole = sha256(b"".join(len(one).to_bytes(8, "big") + one for one in parts)).digest()
        if self._held.get(whole) not in counted:
            self._held[whole] = self.check(statement, signature, namespace=namespace, keys=counted)
        return self._held[whole]


def verify_with_tool(statement: bytes, signature: str, *, namespace: str, keys: Iterable[str]) -> str:
    """Do what `verify` does by calling `ssh-keygen -Y verify`; 5-7 ms a call.

    Raises Refused as `verify` does, with the words of the tool.
    """
    _check_namespace(namespace)
    ask = "Ask the signer to sign again with a registered key."
    known = {f"k{index}": text for index, text in enumerate(keys)}
    with tempfile.TemporaryDirectory(prefix="cmdb-verify-") as folder:
        signers, block = Path(folder, "signers"), Path(folder, "signature")
        signers.write_text("".join(f"{name} {_two_parts(text)}\n" for name, text in known.items()), "ascii")
        block.write_text(signature, "utf-8", errors="surrogatepass")
        found = _run(["-Y", "find-principals", "-s", str(block), "-f", str(signers)], b"")
        name = found.stdout.decode("ascii", "replace").split("\n", 1)[0].strip()
        if found.returncode or name not in known:
            raise Refused("ssh-keygen finds no key that counts here behind the signature.", ask)
        options = ["-Y", "verify", "-n", namespace, "-I", name, "-s", str(block), "-f", str(signers)]
        done = _run(options, statement)
    if done.returncode:
        words = shown(done.stderr.decode("utf-8", "replace").strip() or "no reason given", 200)
        raise Refused(f"ssh-keygen does not accept the signature: {words}.", ask)
    return known[name]


def fingerprint(key_text: str) -> str:
    """Give the SHA-256 fingerprint of a public key as ssh-keygen prints it. Raises Invalid."""
    return _fingerprint(sshsig.key_blob(key_text))


def public_key(text: str) -> PublicKey:
    """Read one line `type base64 [comment]`. Raises Invalid for anything that cannot sign here."""
    sshsig.key_blob(text)
    kind, body, *comment = text.strip().split(None, 2)
    return PublicKey(text=f"{kind} {body}", comment=comment[0] if comment else "")


def read_public_key(path: Path) -> PublicKey:
    """Read the public key of a key file: a `.pub` file itself, else the one beside or inside it.

    Raises Refused when the file is missing or has no readable public half, Invalid when the key
    is of a type that cannot sign here.
    """
    try:
        text = files.read(path, limit=_KEY_LIMIT).decode("utf-8")
        if "PRIVATE KEY-----" in text:
            text = _public_half(path)
    except NotFound as missing:
        raise Refused(f"There is no key file {path}.", _MAKE_ONE.format("ID")) from missing
    except UnicodeDecodeError as wrong:
        raise Refused(f"The key file {path} is not text.", _MAKE_ONE.format("ID")) from wrong
    return public_key(text)


def own_key(person_id: str, environ: Mapping[str, str]) -> Path:
    """Give the key file a person signs with, registered or not.

    `CMDB_KEYS`/<id> or <id>.key, else `CMDB_KEY`, else the first default key in ~/.ssh.
    Raises Refused when there is none.
    """
    return _candidates(person_id, environ)[0]


def choose_key(
    person: Person, environ: Mapping[str, str], owner_of: Callable[[str], str] = lambda _key: ""
) -> Path:
    """Give the key file this person signs with: the first of `own_key`'s that is registered.

    Raises Refused when there is none, with the command that registers one. `owner_of` tells who has
    registered a key: nobody is told to register somebody else's.
    """
    registered = {key.text for key in person.keys}
    candidates = _candidates(person.id, environ)
    at_hand = {path: read_public_key(path).text for path in candidates}
    for path, text in at_hand.items():
        if text in registered:
            return path
    who = f"{person.name} ({person.id})"
    free = [path for path, text in at_hand.items() if not owner_of(text)]
    if not registered:
        reason = f"{who} has no registered key, and this act is signed."
        remedy = f"Register yours with 'cmdb person key {free[0] if free else 'FILE.pub'} --as {person.id}'."
    else:
        reason = f"No key of {who} is at hand; looked at {', '.join(map(str, candidates))}."
        remedy = f"Set CMDB_KEY to the key file of {person.id}, or CMDB_KEYS to the folder it is in."
    if not free:
        others = dict.fromkeys(owner_of(text) for text in at_hand.values())
        reason += f" The key at hand is registered for {', '.join(others)}."
        remedy += " If that is you, act as yourself: give no --as, or set CMDB_PERSON."
    raise Refused(reason, remedy)


def _candidates(person_id: str, environ: Mapping[str, str]) -> list[Path]:
    if folder := environ.get("CMDB_KEYS"):
        names = (person_id, f"{person_id}.key", f"{person_id}.pub")
        looked, where = [Path(folder, name) for name in names], f"{folder} (CMDB_KEYS)"
    elif named := environ.get("CMDB_KEY"):
        looked, where = [Path(named).expanduser()], f"{named} (CMDB_KEY)"
    else:
        home = Path(environ.get("HOME") or Path.home(), ".ssh")
        # A public file alone is a key whose private half only the agent has.
        looked = [home / (name + suffix) for suffix in ("", ".pub") for name in DEFAULT_KEYS]
        where = str(home)
    found = [path for path in looked if path.is_file()]
    if not found:
        raise Refused(f"There is no ssh key of {person_id} in {where}.", _MAKE_ONE.format(person_id))
    return found


def _public_half(path: Path) -> str:
    beside = path.with_name(path.name + ".pub")
    if beside.is_file():
        return files.read(beside, limit=_KEY_LIMIT).decode("utf-8")
    done = _run(["-y", "-P", "", "-f", str(path.absolute())], b"")
    if done.returncode:
        raise _cannot_sign(path, done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


def _run(arguments: list[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    # Without a terminal and without askpass ssh-keygen fails instead of asking for a passphrase.
    environ = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    try:
        return subprocess.run(
            [TOOL, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env=environ,
            start_new_session=True,
        )
    except FileNotFoundError as missing:
        raise Refused(
            f"The program '{TOOL}' is not installed.", "Install OpenSSH 8.2 or newer and try again."
        ) from missing


def _cannot_sign(key: Path, words: str) -> Refused:
    low = words.lower()
    if "unprotected private key" in low:
        return Refused(f"The key file {key} is open to other people.", f"Type: chmod 600 {key}")
    if "passphrase" in low:
        return Refused(f"The key {key} is encrypted and the agent does not hold it.", f"Type: ssh-add {key}")
    if "agent" in low or "couldn't load" in low or "no private key" in low or "no such file" in low:
        private = key.with_suffix("") if key.suffix == ".pub" else key
        return Refused(f"The agent does not hold the private half of {key}.", f"Type: ssh-add {private}")
    said = shown(words.strip() or "no reason given", 200)
    return Refused(f"ssh-keygen could not sign with {key}: {said}", "Try 'ssh-keygen -y -f' on the key file.")


def _check_namespace(namespace: str) -> None:
    if not _NAMESPACE.fullmatch(namespace):
        raise Invalid(f"'{shown(namespace)}' is no signature namespace.", "Use one such as 'vote@cmdb'.")


def _two_parts(text: str) -> str:
    sshsig.key_blob(text)
    return " ".join(text.split(None, 2)[:2])


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + b64encode(sha256(blob).digest()).decode("ascii").rstrip("=")
