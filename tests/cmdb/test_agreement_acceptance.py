"""The customer's own signature: over what needs a new version, with the key that stands in the agreement."""

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cmdb import agreement_acceptance, agreement_life
from cmdb.agreement_acceptance import accepted, keys_of, problem
from cmdb.agreement_life import Acceptance
from cmdb.errors import Refused
from cmdb.promises import ServiceAgreement
from tests.cmdb.test_agreements import NOW, agreement

SAID = Acceptance(name="Ann Acme", on="2026-11-01", evidence="ann.sig")


def promised(keys: Any, signer: str = "a.vries") -> ServiceAgreement:
    contact = {"name": "Ann Acme", "key": keys.public(signer)}
    roles = [{"party": "acme", "role": "customer", "contacts": [contact, {"name": "Bo Acme"}]}]
    return agreement(end=NOW + timedelta(days=400), state="reviewed", terms={"roles": roles})


def signature(keys: Any, tmp_path: Path, of: ServiceAgreement, signer: str, name: str = "Ann Acme") -> bytes:
    """What the customer makes with nothing but OpenSSH."""
    written = tmp_path / f"statement-{signer}-{name}"
    written.write_bytes(agreement_acceptance.statement(of, name, of.end))
    said = ["ssh-keygen", "-q", "-Y", "sign", "-n", agreement_life.NAMESPACE, "-f", str(keys.private(signer))]
    subprocess.run([*said, str(written)], check=True, capture_output=True)
    return written.with_name(f"{written.name}.sig").read_bytes()


def agreed(keys: Any, tmp_path: Path) -> ServiceAgreement:
    one = promised(keys)
    found = accepted(one, SAID, signature(keys, tmp_path, one, "a.vries"))
    return one.but(state="agreed", terms={**one.terms, "accepted": found.fields()})


def test_a_signature_with_the_key_of_the_agreement_is_kept_and_holds(keys, tmp_path):
    one = agreed(keys, tmp_path)
    assert one.terms["accepted"]["signature"].startswith("-----BEGIN SSH SIGNATURE-----")
    assert problem(one) == ""
    managed = one.but(manager="s.berg", state="published", end=NOW + timedelta(days=5))
    assert problem(managed) == ""  # what needs no new version, and an end that came sooner


def test_whoever_has_a_key_accepts_with_it_and_with_no_other(keys, tmp_path):
    one = promised(keys)
    with pytest.raises(Refused, match="accepts it by a signature"):
        accepted(one, SAID, None)
    with pytest.raises(Refused, match="accepts it by a signature"):
        accepted(one, SAID, b"%PDF a scan")
    with pytest.raises(Refused, match="which does not count here"):
        accepted(one, SAID, signature(keys, tmp_path, one, "k.chen"))
    with pytest.raises(Refused, match="No key of Bo Acme stands in the agreement; there is one of Ann Acme"):
        said = SAID.but(name="Bo Acme")
        accepted(one, said, signature(keys, tmp_path, one, "a.vries", "Bo Acme"))
    assert accepted(one, SAID.but(name="Bo Acme"), None).signature == ""


def test_what_says_something_else_was_not_accepted(keys, tmp_path):
    one = agreed(keys, tmp_path)
    assert "over another statement" in problem(one.but(notice=one.notice + 60))
    assert "it lasts longer" in problem(one.but(end=one.end + timedelta(days=1)))
    assert "it lasts longer" in problem(one.but(end=None))
    other = {**one.terms["accepted"], "name": "Bo Acme"}
    assert "does not count here" in problem(one.but(terms={**one.terms, "accepted": other}))


def test_a_key_of_somebody_else_than_the_customer_does_not_count(keys):
    contact = {"name": "Ann Acme", "key": keys.public("a.vries")}
    roles = [{"party": "telco", "role": "supplier", "contacts": [contact]}]
    assert keys_of(agreement(terms={"roles": roles})) == {}


@pytest.mark.parametrize("name", ["ann acme", "Ann Acme ", "Ann\u00a0Acme", "Anna Acme", "\u202eAnn Acme"])
def test_a_key_is_not_passed_by_under_a_name_nearly_the_same(keys, name):
    with pytest.raises(Refused, match="is no contact of the customer .* others there have keys: Ann Acme"):
        accepted(promised(keys), SAID.but(name=name), None)


def test_somebody_who_stands_there_twice_accepts_with_either_key(keys, tmp_path):
    one = promised(keys)
    again = {"name": "Ann Acme", "key": keys.public("k.chen")}
    roles = [*one.terms["roles"], {"party": "acme", "role": "user", "contacts": [again]}]
    one = one.but(terms={**one.terms, "roles": roles})
    for signer in ("a.vries", "k.chen"):
        assert accepted(one, SAID, signature(keys, tmp_path, one, signer)).signature


@pytest.mark.parametrize(
    "change", [lambda data: data.replace(b"\n", b"\r\n"), lambda data: b"\xef\xbb\xbf" + data]
)
def test_a_statement_that_was_altered_on_its_way_is_another_statement(keys, tmp_path, change):
    one = promised(keys)
    file = tmp_path / "statement"
    file.write_bytes(change(agreement_acceptance.statement(one, "Ann Acme", one.end)))
    said = [
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-n",
        agreement_life.NAMESPACE,
        "-f",
        str(keys.private("a.vries")),
    ]
    subprocess.run([*said, str(file)], check=True, capture_output=True)
    with pytest.raises(Refused, match="over another statement"):
        accepted(one, SAID, file.with_name("statement.sig").read_bytes())


def test_a_signature_made_for_something_else_does_not_count(keys, tmp_path):
    one = promised(keys)
    file = tmp_path / "statement"
    file.write_bytes(agreement_acceptance.statement(one, "Ann Acme", one.end))
    said = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(keys.private("a.vries"))]
    subprocess.run([*said, str(file)], check=True, capture_output=True)
    with pytest.raises(Refused, match="does not hold"):
        accepted(one, SAID, file.with_name("statement.sig").read_bytes())
