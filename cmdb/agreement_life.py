"""The life of a service agreement: draft, reviewed, agreed, published, under revision, ended.

One table says which act leads from where to where, and each act gives the agreement as it would be, or
raises Refused with what would lift it. A candidate takes it at once (`cmdb.agreement_acts`), one under
control by a change request; `change_problems` holds any request to the same rules, however it was
written. Pure: nothing here reads a clock, a key or a database.
Source: rules.md 4, Draft -> reviewed -> agreed -> published -> under revision -> ended; IT Service CMM
5.1, Commitment 2 and Activity 4.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cmdb import agreement_terms, canonical
from cmdb.agreement_omissions import REVIEWERS
from cmdb.agreement_records import FORMAT, from_record, record_of
from cmdb.agreement_versions import OUTSIDE, differs, number_of, problems, revised, versions
from cmdb.bound import BINDING_STATES
from cmdb.canonical import rfc3339
from cmdb.errors import Refused
from cmdb.model import Value, check, shown
from cmdb.promises import ServiceAgreement

NAMESPACE = "agreement@cmdb"  # in which our signature under an agreement is made
STATEMENT = "agreement signature/1"


class Step(NamedTuple):
    """An act that is possible in a state, and where it leads."""

    source: str
    action: str
    target: str


STEPS = (
    Step("draft", "review", "reviewed"),  # by the review that completes them; a draft until then
    Step("reviewed", "review", "reviewed"),
    Step("reviewed", "agree", "agreed"),
    Step("agreed", "publish", "published"),
    Step("agreed", "revise", "under revision"),
    Step("published", "revise", "under revision"),
    Step("under revision", "revise", "agreed"),  # with what it says next, reviewed and accepted
    Step("agreed", "end", "ended"),
    Step("published", "end", "ended"),
    Step("under revision", "end", "ended"),
)
WORDS: Mapping[str, str] = {
    "review": "review {id} --for WHOM --name NAME",
    "agree": "agree {id} --accepted-by NAME --evidence WHAT",
    "publish": "publish {id}",
    "revise": "revise {id}",
    "end": "end {id} --at DATE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Value):
    """That the customer accepted: who, on which day, what shows it, and the digest of a file that does.

    `signature` is the customer's own, over an agreement that lasts until `until` (RFC 3339, or open).
    """

    name: str
    on: str
    evidence: str
    sha256: str = ""
    signature: str = ""
    until: str = ""

    def fields(self) -> dict[str, str]:
        """As the record has it."""
        names = ("name", "on", "evidence", "sha256", "signature", "until")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def offered(agreement: ServiceAgreement) -> tuple[str, ...]:
    """The acts that are possible now, each once, in the order of the table."""
    return tuple(dict.fromkeys(one.action for one in STEPS if one.source == agreement.state))


def reviewers(groups: Iterable[str] = ()) -> tuple[str, ...]:
    """Who reviews an agreement before it is agreed; `groups` are those affected."""
    return (*REVIEWERS, *sorted(groups))


def missing_reviews(agreement: ServiceAgreement, groups: Iterable[str] = ()) -> tuple[str, ...]:
    """Those who have not reviewed what stands there now."""
    held = {one["for"] for one in agreement.terms.get("reviews", ())}
    return tuple(one for one in reviewers(groups) if one not in held)


def review(
    agreement: ServiceAgreement, entries: Sequence[Mapping[str, str]], groups: Collection[str] = ()
) -> ServiceAgreement:
    """Note reviews: for whom, the name, the day. The one that completes them makes a draft reviewed.

    A second review for the same replaces the first. Raises Refused in a state that is past it.
    """
    _allow(agreement, "review")
    fresh = {one["for"] for one in entries}
    kept = [one for one in agreement.terms.get("reviews", ()) if one["for"] not in fresh]
    found = _with(agreement, reviews=[*kept, *entries])
    done = found.state == "reviewed" or not missing_reviews(found, groups)
    return found.but(state="reviewed" if done else "draft")


def agree(
    agreement: ServiceAgreement, acceptance: Acceptance, groups: Collection[str] = ()
) -> ServiceAgreement:
    """Note that both sides agreed; ours signs it afterwards. Raises Refused before it was reviewed."""
    _allow(agreement, "agree")
    _refuse_unreviewed(agreement, groups)
    return _with(agreement, accepted=acceptance.fields()).but(state="agreed")


def publish(agreement: ServiceAgreement, on: str, to: Sequence[str]) -> ServiceAgreement:
    """Note that it was made available to whom it concerns, from that day on."""
    _allow(agreement, "publish")
    return _with(agreement, published={"on": on, "to": list(to)}).but(state="published")


def reopen(agreement: ServiceAgreement) -> ServiceAgreement:
    """Note that it is being revised; what it says goes on to bind."""
    if agreement.state == "under revision":
        raise Refused(
            f"{agreement.id} is under revision already.",
            f"Give what it says next: 'cmdb agreement revise {agreement.id} FILE --from DATE'.",
        )
    _allow(agreement, "revise")
    return agreement.but(state="under revision")


def revise(
    before: ServiceAgreement,
    wanted: ServiceAgreement,
    effective: datetime,
    acceptance: Acceptance,
    reviews: Sequence[Mapping[str, str]],
) -> ServiceAgreement:
    """The next version: what `wanted` says, from a moment on, reviewed and accepted like the first.

    Raises Refused without the reviews, Invalid when it is no next version.
    """
    fresh = next_version(before, wanted, effective, acceptance, reviews)
    _refuse_unreviewed(fresh)
    return fresh


def next_version(
    before: ServiceAgreement,
    wanted: ServiceAgreement,
    effective: datetime,
    acceptance: Acceptance,
    reviews: Sequence[Mapping[str, str]] = (),
) -> ServiceAgreement:
    """The next version as it would be, reviewed or not. Raises Invalid when it is none."""
    _allow(before, "revise")
    terms = {name: one for name, one in wanted.terms.items() if name not in agreement_terms.LIFE}
    kept = {name: before.terms[name] for name in ("version", "effective", "former") if name in before.terms}
    held = before.terms.get("reviews", ())  # of the version there is: they say nothing of the next
    stated = list(reviews) or [one for one in terms.get("reviews", ()) if one not in held]
    fresh = wanted.but(
        level=before.level,
        state="agreed",
        terms={**terms, **kept, "reviews": stated, "accepted": acceptance.fields()},
    )
    return revised(before, fresh, effective)


def end(agreement: ServiceAgreement, at: datetime, *, now: datetime) -> ServiceAgreement:
    """The agreement with its last moment: ended when that is past, else to end then.

    What it promised until then stays counted. Raises Refused for an end that is later than agreed.
    """
    _allow(agreement, "end")
    if agreement.end is not None and at > agreement.end:
        raise Refused(
            f"{agreement.id} ends at {rfc3339(agreement.end)} already.",
            f"To make it last longer, agree on a next version: 'cmdb agreement revise {agreement.id} FILE'.",
        )
    return agreement.but(end=at, state="ended" if at <= now else agreement.state)


def refuse_unaccepted(agreement: ServiceAgreement) -> None:
    """Raise Refused for what nobody signs: a draft, what the customer has not accepted, or is controlled."""
    if agreement.level != "draft":
        raise Refused(
            f"{agreement.id} is {agreement.level}: the decision and the check-in of every change are signed.",
            "Check the signatures: 'cmdb verify'.",
        )
    if agreement.state not in BINDING_STATES or "accepted" not in agreement.terms:
        raise Refused(
            f"{agreement.id} is {agreement.state}, and that the customer accepted it is not on record."
            if agreement.state in BINDING_STATES
            else f"{agreement.id} is {agreement.state}: there is nothing to sign yet.",
            "What comes first: 'cmdb agreement review' for each who must, then 'cmdb agreement agree'.",
        )


def content_digest(agreement: ServiceAgreement) -> str:
    """The digest of what both sides agreed on: the version, without its state, review date and signature."""
    fields = {
        name: one for name, one in record_of(agreement).items() if name not in OUTSIDE - {"start", "id"}
    }
    fields.pop("signed", None)
    return canonical.digest_of(FORMAT, {**fields, "version": number_of(agreement)})


def statement(agreement: ServiceAgreement, by: str, at: datetime) -> bytes:
    """The bytes that ours signs: which agreement, which version, what it says, who and when."""
    fields = {
        "agreement": agreement.id,
        "version": number_of(agreement),
        "digest": content_digest(agreement),
        "by": by,
        "at": rfc3339(at),
    }
    return canonical.encode(STATEMENT, fields)


def signed(agreement: ServiceAgreement, by: str, at: datetime, signature: str) -> ServiceAgreement:
    """The agreement with the signature of ours under it."""
    entry = {"by": by, "at": rfc3339(at), "digest": content_digest(agreement), "signature": signature}
    return _with(agreement, signed=entry)


def change_problems(
    before: Mapping[str, Any] | None, after: ServiceAgreement, *, by: datetime | None = None
) -> list[str]:
    """Say what a change of a controlled agreement may not do: skip its life, or rewrite its versions.

    `by` is when the change is made at the latest: nothing ended whose last moment lies beyond it.
    """
    found = problems(after)
    if before is None or found:
        return found
    old = from_record(before)
    found += _life_problems(old, after) or _unrecorded(old, after, by)
    changed = differs(before, record_of(after))
    if after.state == "ended":
        changed = tuple(one for one in changed if one != "end")
    ends = changed == ("end",) and after.end is not None and (old.end is None or after.end < old.end)
    versioned = number_of(after) != number_of(old)
    if changed and not ends and not versioned and old.state in BINDING_STATES:
        found.append(
            f"it binds, so {', '.join(changed[:5])} changes with a new version from a day on: "
            f"'cmdb agreement revise {after.id} FILE --from DATE'."
        )
    if versioned and not _follows(old, after):
        found.append(
            f"it rewrites what version {number_of(old)} said: let 'cmdb agreement revise {after.id} FILE"
            " --from DATE' write the request."
        )
    if not versioned and old.terms.get("former") != after.terms.get("former"):
        found.append("former: what earlier versions said does not change.")
    return found


def _follows(old: ServiceAgreement, after: ServiceAgreement) -> bool:
    """Whether a record keeps every version there was, and adds one."""
    if number_of(after) != number_of(old) + 1:
        return False
    kept = [_content(one) for one in versions(after)[:-1]]
    return kept == [_content(one) for one in versions(old)]


def _content(one: ServiceAgreement) -> dict[str, Any]:
    return {name: said for name, said in record_of(one).items() if name not in OUTSIDE | {"end"}}


def _life_problems(old: ServiceAgreement, after: ServiceAgreement) -> list[str]:
    if old.state == after.state:
        return []
    if old.state == "ended":
        return [f"it has ended, and cannot become {after.state}: register a new one."]
    if old.state in BINDING_STATES and after.state not in (*BINDING_STATES, "ended"):
        return [f"it is {old.state} and binds until it ends, so it cannot become {after.state} again."]
    if after.state not in BINDING_STATES or old.state in BINDING_STATES:
        return []
    missing = missing_reviews(after)
    found = (
        [f"it was not reviewed by {', '.join(missing)}, so it cannot be {after.state}."] if missing else []
    )
    if "accepted" not in after.terms:
        found.append(f"that the customer accepted it is missing ('accepted'), so it cannot be {after.state}.")
    return found


def _unrecorded(old: ServiceAgreement, after: ServiceAgreement, by: datetime | None) -> list[str]:
    """A state somebody wrote by hand, without what the act that leads to it puts on record."""
    if old.state == after.state:
        return []
    versioned = number_of(after) != number_of(old)
    if after.state == "published" and not _fresh("published", old, after):
        missing, act = "to whom it was made available, and when", "publish"
    elif after.state == "ended" and (after.end is None or (by is not None and after.end > by)):
        missing, act = "a last moment that is past by then", "end"
    elif after.state == "agreed" and old.state in BINDING_STATES and not versioned:
        missing, act = "the next version that was agreed", "revise"
    else:
        return []
    words = {**WORDS, "revise": "revise {id} FILE --from DATE"}[act].format(id=after.id)
    return [f"it cannot become {after.state} without {missing}: 'cmdb agreement {words}' writes the request."]


def _fresh(name: str, old: ServiceAgreement, after: ServiceAgreement) -> bool:
    """Whether a record of an act is there and is not the one of an earlier time."""
    return name in after.terms and after.terms[name] != old.terms.get(name)


def _allow(agreement: ServiceAgreement, action: str) -> None:
    if action in offered(agreement):
        return
    possible = [f"'cmdb agreement {WORDS[one].format(id=agreement.id)}'" for one in offered(agreement)]
    raise Refused(
        f"{agreement.id} is {agreement.state}: it cannot be {_DONE[action]} now.",
        f"What can be done now: {', '.join(possible)}." if possible else _OVER,
    )


_DONE = {
    "review": "reviewed",
    "agree": "agreed",
    "publish": "published",
    "revise": "revised",
    "end": "ended",
}
_OVER = "Register a new agreement: 'cmdb agreement register FILE'."


def _refuse_unreviewed(agreement: ServiceAgreement, groups: Collection[str] = ()) -> None:
    missing = missing_reviews(agreement, groups)
    if missing:
        raise Refused(
            f"{agreement.id} was not reviewed by {', '.join(map(shown, missing))}.",
            f"Note each: 'cmdb agreement review {agreement.id} --for WHOM --name NAME', or for a next "
            "version with --reviewed WHOM=NAME.",
        )


def _with(agreement: ServiceAgreement, **terms: Any) -> ServiceAgreement:
    found = {**agreement.terms, **terms}
    check(f"Agreement '{agreement.id}'", agreement_terms.problems(found, agreement.services))
    return agreement.but(terms=found)
