"""What differs between two baselines, in the words of the estate and with the request that did it.

Records come in as their canonical fields; nothing here reads the library. A difference is a record
added or removed, a field with its old and new content, or a dependency connected or disconnected.
Source: rules.md 7, Baseline; terminal.md, `baseline compare --json`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cmdb.model import Value

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Value):
    """What one request made of one record: its fields before and after (None: not there)."""

    request: str
    before: Fields | None
    after: Fields | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange(Value):
    """One field of one record that differs. Absent content is None."""

    kind: str
    id: str
    field: str
    old: Any
    new: Any
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange(Value):
    """A dependency that is there on one side only."""

    source: str
    target: str
    kind: str
    strength: str
    group: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordName(Value):
    """A record that is there on one side only, with the request that added or removed it."""

    kind: str
    id: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Value):
    """Everything that differs between two baselines, each list in (kind, id, field) order."""

    older: str
    newer: str
    added: tuple[RecordName, ...] = ()
    removed: tuple[RecordName, ...] = ()
    changed: tuple[FieldChange, ...] = ()
    connected: tuple[LinkChange, ...] = ()
    disconnected: tuple[LinkChange, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.connected or self.disconnected)


def compare(
    older: str, newer: str, records: Iterable[tuple[str, str, Fields | None, Fields | None, Sequence[Step]]]
) -> Comparison:
    """Compare the records that differ: (kind, id, fields before, fields after, steps between).

    Steps are in the order of the library; each difference is attributed to the last step that
    made it what it is.
    """
    added, removed, changed, connected, disconnected = [], [], [], [], []
    for kind, id, before, after, steps in sorted(records, key=lambda one: (one[0], one[1])):
        if before is None:
            added.append(RecordName(kind=kind, id=id, request=_last_appearance(steps)))
        if after is None:
            removed.append(RecordName(kind=kind, id=id, request=steps[-1].request if steps else ""))
        if before is not None and after is not None:
            changed += _changed(kind, id, before, after, steps)
        new, gone = _links(id, before, after, steps)
        connected += new
        disconnected += gone
    return Comparison(
        older=older,
        newer=newer,
        added=tuple(added),
        removed=tuple(removed),
        changed=tuple(changed),
        connected=tuple(connected),
        disconnected=tuple(disconnected),
    )


def words(field: str) -> str:
    """A flat field as people call it: `firmware`, `need of the group uplink`, `level`."""
    head, _, rest = field.partition(".")
    if head == "characteristics" and rest:
        return rest
    if head == "attachments" and rest:
        return f"attachment {rest}"
    if head == "groups" and "." in rest:
        name, _, what = rest.rpartition(".")
        return f"{what} of the group {name}"
    if head == "dependencies" and rest.count(".") >= 2:
        target, kind, what = rest.rsplit(".", 2)
        return f"{what} of '{kind} {target}'"
    return field.replace("_", " ")


def flat(fields: Fields | None) -> dict[str, Any]:
    """The fields of a record one by one: `characteristics.model`, `groups.uplink.need`, `name`.

    An attachment is one field, `attachments.plan.pdf`, whose content names the bytes.

    Lists stay whole, except that redundancy groups are named. Dependencies are left out: they are
    links, not fields.
    """
    found: dict[str, Any] = {}
    for key, content in (fields or {}).items():
        if key == "dependencies":
            continue
        if isinstance(content, str):
            found[key] = content
        elif key == "attachments" and isinstance(content, Mapping):
            found |= {f"attachments.{name}": inner for name, inner in content.items()}
        elif (
            key == "groups" and isinstance(content, list) and all(isinstance(one, Mapping) for one in content)
        ):
            for group in content:
                found |= {f"groups.{group['name']}.{name}": group[name] for name in group if name != "name"}
        elif isinstance(content, Mapping):
            found |= {f"{key}.{name}": inner for name, inner in flat(content).items()}
        else:
            found[key] = content
    return found


def links(fields: Fields | None) -> dict[tuple[str, str], tuple[str, str]]:
    """The dependencies of an item record: (target, kind) to (strength, group)."""
    return {
        (one["target"], one["kind"]): (one.get("strength", "hard"), one.get("group", ""))
        for one in (fields or {}).get("dependencies", ())
        if isinstance(one, Mapping) and "target" in one and "kind" in one
    }


def _changed(kind: str, id: str, before: Fields, after: Fields, steps: Sequence[Step]) -> list[FieldChange]:
    # Most fields of a record that differs are equal: they are not taken apart.
    before, after = (
        {key: content for key, content in one.items() if other.get(key) != content}
        for one, other in ((before, after), (after, before))
    )
    old, new = flat(before), flat(after)
    found = [
        FieldChange(
            kind=kind,
            id=id,
            field=name,
            old=old.get(name),
            new=new.get(name),
            request=_by(steps, lambda fields, name=name: flat(fields).get(name)),
        )
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    if "dependencies" not in before or "dependencies" not in after:
        return found
    old_links, new_links = links(before), links(after)
    for target, by in sorted(old_links.keys() & new_links.keys()):
        was, now = old_links[target, by], new_links[target, by]
        for position, name in enumerate(("strength", "group")):
            if was[position] != now[position]:
                found.append(
                    FieldChange(
                        kind=kind,
                        id=id,
                        field=f"dependencies.{target}.{by}.{name}",
                        old=was[position] or None,
                        new=now[position] or None,
                        request=_by(steps, lambda fields, key=(target, by): links(fields).get(key)),
                    )
                )
    return found


def _links(
    id: str, before: Fields | None, after: Fields | None, steps: Sequence[Step]
) -> tuple[list[LinkChange], list[LinkChange]]:
    if before is not None and after is not None and before.get("dependencies") == after.get("dependencies"):
        return [], []
    old, new = links(before), links(after)

    def link(key: tuple[str, str], where: Mapping[tuple[str, str], tuple[str, str]]) -> LinkChange:
        return LinkChange(
            source=id,
            target=key[0],
            kind=key[1],
            strength=where[key][0],
            group=where[key][1],
            request=_by(steps, lambda fields: key in links(fields)),
        )

    return (
        [link(key, new) for key in sorted(new.keys() - old.keys())],
        [link(key, old) for key in sorted(old.keys() - new.keys())],
    )


def _by(steps: Sequence[Step], content: Any) -> str:
    if len(steps) == 1:  # whatever differs, nobody else can have done it
        return steps[0].request
    for step in reversed(steps):
        if content(step.before) != content(step.after):
            return step.request
    return ""


def _last_appearance(steps: Sequence[Step]) -> str:
    return next((step.request for step in reversed(steps) if step.before is None), "")
