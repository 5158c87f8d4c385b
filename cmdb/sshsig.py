"""The SSHSIG format of OpenSSH, read and checked in memory.

One job: take a signature block apart and say whether its key made it over these bytes, without
starting a program (0.1 ms against 5-7 ms for `ssh-keygen -Y verify`). Nothing here knows who may
sign: `cmdb.signatures` compares the key with the registered ones.
Source: OpenSSH PROTOCOL.sshsig, PROTOCOL.u2f; RFC 4253 6.6, RFC 5656 3.1, RFC 8332.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, sha512

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cmdb.errors import Invalid, Refused

MAGIC = b"SSHSIG"
BEGIN = "-----BEGIN SSH SIGNATURE-----"
END = "-----END SSH SIGNATURE-----"
RSA_BITS = 2048
LIMIT = 65_536

_DIGESTS = {b"sha256": sha256, b"sha512": sha512}
_CURVES: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_RSA: dict[bytes, hashes.HashAlgorithm] = {
    b"rsa-sha2-256": hashes.SHA256(),
    b"rsa-sha2-512": hashes.SHA512(),
}
_USER_PRESENT = 0x01
_ED25519, _SK_ED25519 = b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"
_SK_ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"
_ECDSA = {b"ecdsa-sha2-" + curve for curve in _CURVES}
_UNREADABLE = "Ask for it to be signed again, or run 'cmdb verify' if it comes from the library."


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A signature block taken apart: the signer's key blob, the namespace, what was hashed how."""

    key: bytes
    namespace: str
    reserved: bytes
    digest: bytes
    signature: bytes


class _Wire:
    """Reads SSH wire strings and numbers; ValueError where the bytes end too early."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise ValueError("it ends too early")
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def mpint(self) -> int:
        raw = self.string()
        if raw[:1] >= b"\x80":
            raise ValueError("it holds a negative number")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError("it has bytes left over")


def string(data: bytes) -> bytes:
    """Write bytes as an SSH wire string: four bytes of length, then the bytes."""
    return len(data).to_bytes(4, "big") + data


def key_blob(text: str) -> bytes:
    """Give the wire bytes of a public key written as `type base64 [comment]`.

    Raises Invalid when the text is no OpenSSH public key of a supported type, or an RSA key of
    fewer than 2048 bits.
    """
    remedy = "Give the one line of the '.pub' file: 'ssh-ed25519 AAAA... comment'."
    parts = text.split(None, 2)
    try:
        if len(parts) < 2:
            raise ValueError("it has no type and body")
        blob = b64decode(parts[1], validate=True)
        if _Wire(blob).string() != parts[0].encode("ascii"):
            raise ValueError("its type and its body disagree")
        _PublicKey(blob)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as wrong:
        raise Invalid(f"This is not a usable OpenSSH public key: {wrong}.", remedy) from wrong
    return blob


def parse(armoured: str) -> Block:
    """Take a signature block apart. Raises Refused when it is none, or holds anything extra."""
    try:
        wire = _Wire(_unarmoured(armoured))
        if wire.take(6) != MAGIC or wire.number() != 1:
            raise ValueError("it is not of version 1")
        key, namespace, reserved, digest, signature = (wire.string() for _ in range(5))
        wire.end()
        if digest not in _DIGESTS:
            raise ValueError("its hash is neither sha256 nor sha512")
        return Block(
            key=key,
            namespace=namespace.decode("utf-8"),
            reserved=reserved,
            digest=digest,
            signature=signature,
        )
    except (ValueError, binascii.Error) as wrong:
        raise Refused(f"The signature is not readable: {wrong}.", _UNREADABLE) from wrong


def made_by_its_key(block: Block, statement: bytes) -> bool:
    """Tell whether the key inside `block` made its signature over `statement`.

    A security key must have seen its user touch it. Raises Refused for a key or signature of a
    type that is not supported (DSA, RSA with SHA-1, RSA below 2048 bits, certificates).
    """
    digest = _DIGESTS[block.digest](statement).digest()
    message = MAGIC + b"".join(
        string(part) for part in (block.namespace.encode(), block.reserved, block.digest, digest)
    )
    try:
        return _public_key(block.key).made(block.signature, message)
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise Refused(f"The signature cannot be checked: {wrong}.", _UNREADABLE) from wrong


class _PublicKey:
    """A public key taken from its wire bytes; ValueError for anything unsupported or malformed."""

    def __init__(self, blob: bytes) -> None:
        wire = _Wire(blob)
        self.kind = wire.string()
        self.application: bytes | None = None
        self.hash: hashes.HashAlgorithm = hashes.SHA256()
        self.key: Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
        if self.kind in (_ED25519, _SK_ED25519):
            self.key = Ed25519PublicKey.from_public_bytes(wire.string())
        elif self.kind in _ECDSA or self.kind == _SK_ECDSA:
            curve_name = wire.string()
            if self.kind != _SK_ECDSA and self.kind != b"ecdsa-sha2-" + curve_name:
                raise ValueError("its type and its curve disagree")
            if self.kind == _SK_ECDSA and curve_name != b"nistp256":
                raise ValueError("its type and its curve disagree")
            curve, self.hash = _CURVES[curve_name]
            self.key = ec.EllipticCurvePublicKey.from_encoded_point(curve, wire.string())
        elif self.kind == b"ssh-rsa":
            exponent, modulus = wire.mpint(), wire.mpint()
            if modulus.bit_length() < RSA_BITS:
                raise ValueError(f"an RSA key of fewer than {RSA_BITS} bits is too weak")
            self.key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        else:
            raise ValueError(f"keys of type '{self.kind[:40].decode('ascii', 'replace')}' are not supported")
        if self.kind in (_SK_ED25519, _SK_ECDSA):
            self.application = wire.string()
        wire.end()

    def made(self, signature: bytes, message: bytes) -> bool:
        wire = _Wire(signature)
        kind, raw = wire.string(), wire.string()
        if self.application is not None:
            flags, counter = wire.take(1), wire.take(4)
            if not flags[0] & _USER_PRESENT:
                raise ValueError("the security key was not touched")
            message = sha256(self.application).digest() + flags + counter + sha256(message).digest()
        wire.end()
        if kind != self.kind and not (self.kind == b"ssh-rsa" and kind in _RSA):
            raise ValueError("the signature is not of the type of its key")
        try:
            self._verify(kind, raw, message)
        except InvalidSignature:
            return False
        return True

    def _verify(self, kind: bytes, raw: bytes, message: bytes) -> None:
        if isinstance(self.key, Ed25519PublicKey):
            self.key.verify(raw, message)
        elif isinstance(self.key, ec.EllipticCurvePublicKey):
            wire = _Wire(raw)
            first, second = wire.mpint(), wire.mpint()
            wire.end()
            self.key.verify(encode_dss_signature(first, second), message, ec.ECDSA(self.hash))
        else:
            if kind not in _RSA:
                raise ValueError("RSA with SHA-1 is not accepted")
            size = (self.key.key_size + 7) // 8
            # OpenSSH strips leading zeros from short signatures; put them back.
            self.key.verify(raw.rjust(size, b"\0"), message, padding.PKCS1v15(), _RSA[kind])


@lru_cache(maxsize=4096)
def _public_key(blob: bytes) -> _PublicKey:
    # A verification meets the same few keys a hundred thousand times.
    return _PublicKey(blob)


def _unarmoured(armoured: str) -> bytes:
    lines = armoured.strip("\n").split("\n")
    if len(armoured) > LIMIT or lines[0] != BEGIN or lines[-1] != END or len(lines) < 3:
        raise ValueError("it is no block between BEGIN and END SSH SIGNATURE")
    return b64decode("".join(lines[1:-1]).encode("ascii"), validate=True)
