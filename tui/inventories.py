"""The estate as an inventory for Ansible: the hosts among it, grouped as people speak of them.

What the records say of a host stands under one variable, `cmdb`, so no characteristic can pass for a
setting of Ansible. Text that Ansible would run as a template is marked unsafe: it is data. Only items
that serve are hosts. Source: docs.ansible.com, YAML inventory and the tag !unsafe.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import IO, Any

import yaml

from cmdb.checks import shown
from cmdb.errors import NotFound
from tui.exported import Exported, Fields, Sort

HOSTS = ("server", "virtual-machine", "network-device", "workstation")
ADDRESSES = ("ansible_host", "address", "fqdn", "hostname", "ip", "ip_address")


class _Unsafe(str):
    """Text with something in it that Ansible would take for a template."""

    __slots__ = ()


class _Dumper(yaml.CSafeDumper if hasattr(yaml, "CSafeDumper") else yaml.SafeDumper):  # type: ignore[misc]
    """Writes such text with its tag, and without anchors: nobody reads those in an inventory."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def write(out: IO[str], from_: Exported, *, types: Collection[str] = ()) -> None:
    """Write the inventory: items of these types and of types below them, or of those that are hosts mostly.

    Raises NotFound for a type nobody knows.
    """
    unknown = [one for one in types if one not in from_.sorts]
    if unknown:
        raise NotFound(f"There is no item type '{shown(unknown[0])}'.", "List them with 'cmdb type list'.")
    wanted = frozenset(types or HOSTS)
    serving = list(_serving(from_, wanted))
    names = _Names(item["id"] for item, _sort in serving if ":" not in item["id"])
    hosts: dict[str, Any] = {}
    groups: dict[str, dict[str, None]] = {}
    for item, sort in serving:
        name = names.host(item["id"])
        hosts[name] = _variables(item)
        for group in _groups(item, sort, wanted):
            groups.setdefault(names.group(group), {})[name] = None
    children = {group: {"hosts": members} for group, members in sorted(groups.items())}
    whole = {"all": {"hosts": hosts, "children": children}}
    yaml.dump(whole, out, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def _serving(from_: Exported, wanted: frozenset[str]) -> Iterator[tuple[Fields, Sort]]:
    for item in from_.items():
        sort = from_.sorts[item["type"]]
        if item["status"] in sort.serves and not wanted.isdisjoint(sort.chain):
            yield item, sort


def _groups(item: Fields, sort: Sort, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """By type, as far up as was asked for; by the group that answers for it; by owner."""
    above = max(place for place, type_ in enumerate(sort.chain) if type_ in wanted)
    for type_ in sort.chain[: above + 1]:
        yield "type", type_
    if item.get("group"):
        yield "group", item["group"]
    yield "owner", item["owner"]


def _variables(item: Fields) -> dict[str, Any]:
    facts = item.get("characteristics", {})
    told = {name: content for name, content in item.items() if name not in ("dependencies", "groups")}
    needs = [link["target"] for link in item.get("dependencies", ())]
    found: dict[str, Any] = {"cmdb": _safe({**told, "needs": list(dict.fromkeys(needs))})}
    address = next((facts[one] for one in ADDRESSES if isinstance(facts.get(one), str) and facts[one]), "")
    return {"ansible_host": _safe(address), **found} if address else found


def _safe(content: Any) -> Any:
    if isinstance(content, str):
        return _Unsafe(content) if "{" in content else content
    if isinstance(content, Mapping):
        return {_safe(name): _safe(one) for name, one in content.items()}
    return [_safe(one) for one in content] if isinstance(content, list) else content


class _Names:
    """Names Ansible keeps: a host without a colon (it would be a port), a group of letters, digits and _."""

    def __init__(self, plain: Iterable[str]) -> None:
        self._taken = {"all", "ungrouped", *plain}
        self._groups: dict[tuple[str, str], str] = {}

    def host(self, id: str) -> str:
        """The name of a host: its id, where that may stand."""
        return self._free(id.replace(":", "_")) if ":" in id else id

    def group(self, named: tuple[str, str]) -> str:
        """The name of a group, the same each time."""
        if named not in self._groups:
            self._groups[named] = self._free(re.sub(r"[^a-z0-9_]", "_", "_".join(named)))
        return self._groups[named]

    def _free(self, name: str) -> str:
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found
