"""Where the library keeps what is only ever added, and the files of a decision.

    records/requests/00142/CR-142/1-request.json     what was asked for, as voted on
                                  1-assessment.json  the material part of the assessment
                                  1-rules.json       the policy and who was entitled
                                  1-vote-03.json .sig   every vote, and its ssh signature
                                  1-override-01.json .sig
                                  1-decision.json .sig
                                  standard-request.json   what was done by a template
    records/baselines/BL-000007.json   records/minutes/... releases/... audits/... reviews/...

The number in front counts the decisions on the request. Each `.json` file is exactly what was
signed or digested, so `ssh-keygen -Y verify -n vote@cmdb -s X.sig < X.json` checks it without this
program. Requests stand in folders of a hundred, which keeps a commit small among a hundred thousand.
Where controlled records stand says `cmdb.records.path_of`. Nothing here reads a database or a file.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ccb import statements
from ccb.ballot import Decision, Override, Vote
from ccb.model import Evidence
from cmdb import canonical
from cmdb.errors import Corrupt

KEPT = ("baselines", "minutes", "releases", "audits", "findings", "reviews", "confirmations")

_REQUEST = re.compile(r"CR-([0-9]+)")


def request_folder(request: str) -> str:
    """The folder of a request's records, without a slash at the end."""
    match = _REQUEST.fullmatch(request)
    number = int(match[1]) if match else 0
    return f"records/requests/{number // 100 * 100:05d}/{_name(request)}"


def asked_path(request: str) -> str:
    """Where a standard change keeps what was asked for, in the commit of its check-in."""
    return f"{request_folder(request)}/standard-request.json"


def kept_path(family: str, id: str, suffix: str = ".json") -> str:
    """Where a record of one of the families of KEPT stands."""
    if family not in KEPT:
        raise Corrupt(f"There is no family of records '{family}'.", "This is an error of the program.")
    return f"records/{family}/{_name(id)}{suffix}"


def decision_files(
    decision: Decision,
    *,
    number: int,
    site: str,
    kind: str,
    votes: Sequence[Vote],
    overrides: Sequence[Override],
    evidence: Iterable[Evidence],
) -> dict[str, bytes]:
    """Every file that keeps a decision, by path: what it was about, each vote, the decision itself.

    `number` counts the decisions on the request from 1; `votes` are those the decision lists, in
    its order; `evidence` holds the content, the assessment and the rules by digest.

    Raises Corrupt when a digest does not belong to what stands beside it.
    """
    head = f"{request_folder(decision.request)}/{number}-"
    found = {one.digest: one for one in evidence}
    files: dict[str, bytes] = {}
    for name, digest in (
        ("request", decision.content),
        ("assessment", decision.assessment),
        ("rules", decision.policy),
    ):
        if digest:
            files[f"{head}{name}.json"] = _evidence(found, digest, decision.request)
    for index, vote in enumerate(votes, start=1):
        signed = statements.vote_statement(vote, site=site, kind=kind)
        data = _same(statements.VOTE, signed, vote.digest, f"vote of {vote.voter}")
        files |= _signed(f"{head}vote-{index:02d}", data, vote.signature)
    for index, override in enumerate(overrides, start=1):
        signed = statements.override_statement(override, site=site)
        data = _same(statements.OVERRIDE, signed, override.digest, f"override by {override.by}")
        files |= _signed(f"{head}override-{index:02d}", data, override.signature)
    signed = statements.decision_statement(decision, site=site, kind=kind)
    data = _same(statements.DECISION, signed, decision.digest, f"decision on {decision.request}")
    return files | _signed(f"{head}decision", data, decision.signature)


def _signed(path: str, data: bytes, signature: str) -> dict[str, bytes]:
    return {f"{path}.json": data, f"{path}.sig": signature.encode("ascii", "replace")}


def _evidence(found: Mapping[str, Evidence], digest: str, request: str) -> bytes:
    one = found.get(digest)
    data = one.text.encode() if one else b""
    if one is None or canonical.digest(one.form, data) != digest:
        raise Corrupt(
            f"The evidence {digest[:12]} of {request} is missing or was changed.",
            "Run 'cmdb verify'; restore the database from a backup.",
        )
    return data


def _same(form: str, fields: Mapping[str, Any], digest: str, what: str) -> bytes:
    data = canonical.encode(form, fields)
    if canonical.digest(form, data) != digest:
        raise Corrupt(
            f"The {what} is not what was signed.", "Run 'cmdb verify'; restore the database from a backup."
        )
    return data


def _name(text: str) -> str:
    return quote(text, safe="._+@-")
