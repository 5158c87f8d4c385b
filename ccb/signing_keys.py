"""Keys of people under control: as people write them, and the request that registers one.

A key decides who can vote, so it enters the record of a person under control by request to the site
board. Nothing here reads a file, a clock or a database. Source: rules.md 7, A first key of another
person; 5, A proposed change.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ccb.model import ChangeDraft, ProposedChange, Window
from cmdb import signatures
from cmdb.errors import CmdbError, Invalid
from cmdb.model import Person, PublicKey, shown

DAYS = 30  # how long the window of such a request is: nothing goes down, so only the deadline counts
_NAMED = 5  # people a warning names
_TYPES = ("ssh-", "ecdsa-", "sk-")

ReadKey = Callable[[str], PublicKey]


def no_files(text: str) -> PublicKey:
    """Where no files can be read, what is no public key is nothing."""
    raise Invalid(f"'{shown(text)}' is no public key.", "Write it as 'ssh-ed25519 AAAA... comment'.")


def written(content: Any, read: ReadKey = no_files) -> list[dict[str, str]]:
    """Give the `keys` of a person as the record has them, from any form people write them in.

    One or a list of: the text of a public key (one a line), `{text, comment}`, the path of a key
    file, which `read` reads. Empty content is no key at all. Raises Invalid with every problem.
    """
    given = content if isinstance(content, list) else [content] if content else []
    found: dict[str, PublicKey] = {}
    problems: list[str] = []
    for one in given:
        try:
            found |= {key.text: key for key in _keys(one, read)}
        except CmdbError as wrong:
            problems.append(wrong.reason)
    if problems:
        form = "Write a key as 'ssh-ed25519 AAAA... comment', or name its '.pub' file."
        raise Invalid("These are no keys.", form, [f"{one} {form}" for one in problems])
    return [fields(found[text]) for text in sorted(found)]


def fields(key: PublicKey) -> dict[str, str]:
    """A key as a record has it."""
    return {"text": key.text, "comment": key.comment} if key.comment else {"text": key.text}


def draft_of(person: Person, key: PublicKey, *, alone: bool = False, at: datetime) -> ChangeDraft:
    """The request that registers a key of a person under control; `alone` ends the keys before it.

    Raises Invalid when the person has the key already.
    """
    if any(one.text == key.text for one in person.keys):
        raise Invalid(
            f"That key is registered for {person.id} already.", f"See 'cmdb person show {person.id}'."
        )
    kept = () if alone else person.keys
    listed = sorted((fields(one) for one in (*kept, key)), key=lambda one: one["text"])
    mark = signatures.fingerprint(key.text)
    return ChangeDraft(
        title=f"Register a key of {person.id}",
        reason=f"{person.name} signs with {mark}.",
        window=Window(start=at, end=at + timedelta(days=DAYS)),
        backout="Take the key out of the record again, by request.",
        test=f"{person.id} reads out {mark} to the board; 'cmdb person show {person.id}' lists it.",
        changes=(ProposedChange(record="person", id=person.id, operation="set", exact={"keys": listed}),),
    )


def registers(change: ProposedChange, person: str, key: str) -> bool:
    """Whether a proposed change registers this key for this person."""
    if (change.record, change.id) != ("person", person):
        return False
    listed = change.exact.get("keys", ())
    return any(isinstance(one, Mapping) and one.get("text") == key for one in listed)


def warning(people: Sequence[str]) -> str:
    """What to tell about people who have no key: they cannot sign, and what each of them types."""
    if not people:
        return ""
    named = ", ".join(people[:_NAMED]) + (
        f" and {len(people) - _NAMED:,} more" if len(people) > _NAMED else ""
    )
    has = "has" if len(people) == 1 else "have"
    return (
        f"{named} {has} no registered key and cannot vote or check in. Each registers their own:"
        f" 'cmdb person key FILE.pub --as {people[0]}'."
    )


def _keys(one: Any, read: ReadKey) -> list[PublicKey]:
    if isinstance(one, Mapping):
        odd = sorted(set(one) - {"text", "comment"})
        if odd or not isinstance(one.get("text"), str):
            raise Invalid(
                "A key is {text, comment}.", "Write its text, such as 'ssh-ed25519 AAAA... comment'."
            )
        key = signatures.public_key(one["text"])
        comment = one.get("comment", "") or key.comment
        return [PublicKey(text=key.text, comment=str(comment))]
    if not isinstance(one, str) or not one.strip():
        raise Invalid("A key is a text.", "Write it as 'ssh-ed25519 AAAA... comment'.")
    lines = [line.strip() for line in one.splitlines() if line.strip()]
    if not lines[0].startswith(_TYPES):
        return [read(one.strip())]
    return [signatures.public_key(line) for line in lines]
