"""The customer's own signature under an agreement: what they sign, and whether they did.

A contact of the customer whose key stands in the agreement accepts by an ssh signature in place of a
paper. What is signed is what needs a new version to change: not the state, the reviews or who manages it.
Source: rules.md 4, agreed: the customer's acceptance attached as evidence, or signed where it has a key.
"""

from datetime import datetime
from typing import Any

from cmdb import canonical, signatures
from cmdb.agreement_life import NAMESPACE, Acceptance
from cmdb.agreement_records import FORMAT, record_of
from cmdb.agreement_versions import ABOUT, OUTSIDE, number_of
from cmdb.canonical import rfc3339
from cmdb.errors import Refused
from cmdb.instants import instant
from cmdb.model import shown
from cmdb.promises import ServiceAgreement

STATEMENT = "agreement acceptance/1"
_ARMOUR = b"-----BEGIN SSH SIGNATURE-----"
_LEFT_OUT = (OUTSIDE - {"id", "start"}) | ABOUT | {"end"}  # the end is said by itself: it may come sooner


def statement(agreement: ServiceAgreement, name: str, until: datetime | None) -> bytes:
    """The bytes the customer signs: which agreement, which version, what it says, until when, and who."""
    said = {field: one for field, one in record_of(agreement).items() if field not in _LEFT_OUT}
    return canonical.encode(
        STATEMENT,
        {
            "agreement": agreement.id,
            "version": number_of(agreement),
            "digest": canonical.digest_of(FORMAT, said),
            "until": rfc3339(until) if until else "",
            "name": name,
        },
    )


def keys_of(agreement: ServiceAgreement) -> dict[str, list[str]]:
    """The keys of the customer's contacts that stand in an agreement, by name: somebody may have several."""
    return {name: keys for name, keys in _contacts(agreement).items() if keys}


def _contacts(agreement: ServiceAgreement) -> dict[str, list[str]]:
    """The customer's contacts by name, each with what keys of theirs stand in the agreement."""
    found: dict[str, list[str]] = {}
    for role in agreement.terms.get("roles", ()):
        for contact in role.get("contacts", ()) if role["party"] == agreement.customer else ():
            keys = found.setdefault(contact["name"], [])
            keys += [" ".join(contact["key"].split()[:2])] if "key" in contact else []
    return found


def accepted(agreement: ServiceAgreement, acceptance: Acceptance, evidence: bytes | None) -> Acceptance:
    """The acceptance with the customer's signature, where the file that shows it is one.

    Raises Refused for a signature that does not hold or of whom no key is known, and where somebody
    whose key stands in the agreement is said to have accepted it without a signature.
    """
    name, signed = acceptance.name, evidence is not None and evidence.lstrip().startswith(_ARMOUR)
    known, keys = keys_of(agreement), keys_of(agreement).get(name, [])
    sign = f"'cmdb agreement statement {agreement.id} --name NAME' writes what they sign."
    if keys and not signed:
        raise Refused(
            f"A key of {shown(name)} stands in the agreement, so {shown(name)} accepts it by a signature.",
            f"{sign} Give the signature as --evidence FILE.",
        )
    if known and name not in _contacts(agreement):  # else a key is passed by under a name nearly the same
        raise Refused(
            f"{shown(name)} is no contact of the customer in the agreement, and others there have keys:"
            f" {', '.join(map(shown, known))}.",
            "Name who accepted it as the agreement names them: roles, contacts, name.",
        )
    if not signed or evidence is None:
        return acceptance
    if not keys:
        raise Refused(
            f"No key of {shown(name)} stands in the agreement; there is one of"
            f" {', '.join(map(shown, known)) or 'nobody'}.",
            "It stands beside the contact: roles, contacts, key.",
        )
    text = evidence.decode("ascii", "replace").strip() + "\n"
    try:
        signatures.verify(statement(agreement, name, agreement.end), text, namespace=NAMESPACE, keys=keys)
    except Refused as wrong:
        raise Refused(f"The signature of {shown(name)} does not hold. {wrong.reason}", sign) from wrong
    return acceptance.but(signature=text, until=rfc3339(agreement.end) if agreement.end else "")


def problem(agreement: ServiceAgreement) -> str:
    """Say why the customer's signature under an agreement does not hold; empty when it does, or is none."""
    entry: dict[str, Any] | None = agreement.terms.get("accepted")
    if entry is None or "signature" not in entry:
        return ""
    name, until = entry["name"], instant(entry["until"]) if "until" in entry else None
    if until is not None and (agreement.end is None or agreement.end > until):
        return f"{shown(name)} accepted it until {entry['until']}, and it lasts longer."
    keys = keys_of(agreement).get(name, [])
    try:
        signatures.verify(
            statement(agreement, name, until), entry["signature"], namespace=NAMESPACE, keys=keys
        )
    except Refused as wrong:
        return f"The signature of {shown(name)} does not hold: {wrong.reason}"
    return ""
