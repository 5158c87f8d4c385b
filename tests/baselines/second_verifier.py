"""A second verifier, from docs/formats.md alone: git, ssh-keygen and the standard library; nothing of ours.

    problems(vault) -> what does not hold, in the order it is met

It does what "A verifier of your own" says it does, and is run over the histories of the tests.
"""

import hashlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

FOR = ("approve", "approve with conditions")


def digest(data: bytes) -> str:
    """The digest of a record as it is stored."""
    form = str(json.loads(data)["format"])
    return hashlib.sha256(b"cmdb\0" + form.encode() + b"\0" + data).hexdigest()


def item_path(id: str) -> str:
    """Where the library keeps an item."""
    hexed = hashlib.sha256(id.encode()).hexdigest()
    return f"items/{hexed[:2]}/{hexed[2:4]}/{id.replace(':', '%3A')}.json"


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item, its characteristics among them."""
    own = {name: content for name, content in record.items() if name != "characteristics"}
    return {**own, **record.get("characteristics", {})}


class Vault:
    """A clone, as git shows it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *arguments: str) -> bytes:
        """What git answers; empty when it finds nothing."""
        command = ["git", "--git-dir", str(self.path), *arguments]
        return subprocess.run(command, capture_output=True, check=False).stdout

    @cached_property
    def line(self) -> list[str]:
        """Every commit, the root first."""
        return self.git("rev-list", "--reverse", "main").decode().split()

    def read(self, commit: str, path: str) -> dict[str, Any]:
        """A record of a commit; empty where there is none."""
        data = self.git("cat-file", "blob", f"{commit}:{path}")
        return dict(json.loads(data)) if data else {}

    def bytes_of(self, commit: str, path: str) -> bytes:
        """A file of a commit."""
        return self.git("cat-file", "blob", f"{commit}:{path}")

    def keys(self, commit: str, person: str) -> list[str]:
        """The keys somebody has in a commit."""
        found = self.read(commit, f"people/{person.replace(':', '%3A')}.json").get("keys", [])
        return [str(one["text"]) for one in found]

    def added(self, parent: str, commit: str) -> list[tuple[str, str, str]]:
        """What a commit does: letter, mode and path."""
        lines = self.git("diff-tree", "-r", "--no-renames", parent, commit).decode().splitlines()
        return [(one.split()[4], one.split()[1], one.split("\t")[1]) for one in lines]


def signed(data: bytes, signature: bytes, namespace: str, keys: list[str]) -> bool:
    """Whether one of these keys signed it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sig").write_bytes(signature.strip() + b"\n")
        (Path(folder) / "keys").write_text("".join(f"x {one}\n" for one in keys))
        command = ["ssh-keygen", "-Y", "verify", "-f", f"{folder}/keys", "-I", "x", "-n", namespace]
        done = subprocess.run([*command, "-s", f"{folder}/sig"], input=data, capture_output=True, check=False)
    return bool(keys) and done.returncode == 0


def trailers(message: str) -> dict[str, str]:
    """What a message ends in."""
    last = message.rstrip().rsplit("\n\n", 1)[-1]
    return dict(re.findall(r"^([A-Z][A-Za-z-]+): (.*)$", last, re.MULTILINE))


def problems(path: Path) -> Iterator[str]:
    """Everything that does not hold."""
    vault = Vault(path)
    site, baselines = vault.read(vault.line[0], "site.json")["id"], 0
    decided: dict[str, str] = {}
    refs = vault.git("for-each-ref", "--format=%(refname) %(objecttype)", "refs/tags").decode().splitlines()
    for commit, parent in zip(vault.line, [vault.line[0], *vault.line], strict=False):
        head, _, message = vault.git("cat-file", "commit", commit).partition(b"\n\n")
        told = trailers(message.decode())
        keys = vault.keys(parent, told["Actor"])
        if told["Site"] != site:
            yield f"{commit}: another site"
        if "Baseline" in told:
            if told["Baseline"] != f"BL-{baselines:06d}":
                yield f"{commit}: {told['Baseline']} is out of turn"
            baselines += 1
            yield from _tag(vault, commit, told["Baseline"], message, keys)
        else:
            payload, signature = _unwrapped(head)
            if not signed(payload + b"\n" + message, signature, "git", keys):
                yield f"{commit}: not signed by {told['Actor']}"
        if commit == parent:
            continue
        changes = vault.added(parent, commit)
        yield from (
            f"{commit}: {name} has mode {mode}"
            for act, mode, name in changes
            if act != "D" != mode != "100644"
        )
        if "Record" in told:
            yield from (
                f"{commit}: {act} {name}" for act, _, name in changes if act != "A" or name[:8] != "records/"
            )
            for name in [name for _, _, name in changes if name.endswith("-decision.json")]:
                decided[commit] = name
                yield from _decision(vault, parent, commit, name, [one for _, _, one in changes])
        else:
            yield from _baseline(vault, parent, commit, told, decided)
    if sorted(refs) != [f"refs/tags/BL-{number:06d} tag" for number in range(baselines)]:
        yield f"the tags are {refs}"


def _unwrapped(head: bytes) -> tuple[bytes, bytes]:
    """A commit without its signature, and the signature."""
    found = re.search(rb"^gpgsig (.*\n(?: .*\n)*)", head + b"\n", re.MULTILINE)
    if found is None:
        return head + b"\n", b""
    return (head + b"\n").replace(found[0], b""), found[1].replace(b"\n ", b"\n")


def _tag(vault: Vault, commit: str, name: str, message: bytes, keys: list[str]) -> Iterator[str]:
    whole = vault.git("cat-file", "tag", f"refs/tags/{name}")
    payload, mark, signature = whole.partition(b"-----BEGIN SSH SIGNATURE-----")
    if not payload.startswith(f"object {commit}\ntype commit\ntag {name}\n".encode()):
        yield f"{name}: its tag is of something else"
    if payload.partition(b"\n\n")[2].strip() != message.strip():
        yield f"{name}: its tag says something else than its commit"
    if not signed(payload, mark + signature, "git", keys):
        yield f"{name}: its tag is not signed by who made it"


def _decision(vault: Vault, parent: str, commit: str, path: str, files: list[str]) -> Iterator[str]:
    start = path.removesuffix("decision.json")
    one, request = vault.read(commit, path), vault.read(commit, f"{start}request.json")
    rules, root = vault.read(commit, f"{start}rules.json"), vault.line[0]
    for part, name in (("request", "content"), ("assessment", "assessment"), ("rules", "policy")):
        if digest(vault.bytes_of(commit, f"{start}{part}.json")) != one[name]:
            yield f"{path}: its {name} is not the {part} beside it"
    board = vault.read(parent, f"boards/{one['board']}.json")
    policy = vault.read(parent, f"policies/{one['policy_id']}.json")
    for kept, stands in ((rules["board"], board), (rules["policy"], policy)):
        if {**kept, "level": ""} != {**{k: v for k, v in stands.items() if k != "format"}, "level": ""}:
            yield f"{path}: decided under other rules than those in force"
    votes = sorted(one for one in files if one.startswith(f"{start}vote-") and one.endswith(".json"))
    if [digest(vault.bytes_of(commit, name)) for name in votes] != one.get("votes", []):
        yield f"{path}: the votes are not those it lists"
    last: dict[str, dict[str, Any]] = {}
    for name, namespace, who in (
        *((vote, "vote@cmdb", "member") for vote in votes),
        (path, "decision@cmdb", "by"),
    ):
        data, said = vault.bytes_of(commit, name), vault.read(commit, name)
        signature = vault.bytes_of(commit, name.removesuffix("json") + "sig")
        if not signed(data, signature, namespace, vault.keys(parent, said[who])):
            yield f"{name}: not signed by {said[who]}"
        if (said["site"], said["request"]) != (root, request["id"]):
            yield f"{name}: about something else"
        if "sequence" in said and said["sequence"] >= last.get(said["member"], said)["sequence"]:
            last[said["member"]] = said
    if not one.get("overrides"):
        yield from _counted(
            path, one, request, policy, list(last.values()), vault.read(commit, f"{start}assessment.json")
        )


def _counted(
    path: str,
    decision: dict[str, Any],
    request: dict[str, Any],
    policy: dict[str, Any],
    votes: list[dict[str, Any]],
    material: dict[str, Any],
) -> Iterator[str]:
    about = ("round", "content", "assessment", "policy")
    live = [v for v in votes if v["value"] == "reject" or all(v[name] == decision[name] for name in about)]
    aside = {request.get("originator"), request.get("implementer")} if policy.get("four_eyes") else set()
    seats = {
        v["seat"]: v["value"]
        for v in live
        if v.get("seat") and v["member"] not in aside and v["value"] != "withdrawn"
    }
    yes, no = sum(one in FOR for one in seats.values()), list(seats.values()).count("reject")
    consents = {v["member"] for v in live if v["value"] in FOR} | {request.get("originator")}
    met = policy["rule"] == "consents" or (len(seats) >= policy["quorum"] and yes > no)
    met = met and set(material.get("voters", ())) <= consents
    if decision["result"] == "carried" and not met:
        yield f"{path}: {yes} approve, {no} reject in {len(seats)} seats do not carry it"


def _baseline(
    vault: Vault, parent: str, commit: str, told: dict[str, str], decided: dict[str, str]
) -> Iterator[str]:
    path = decided.get(told["Decision"], "")
    one = vault.read(told["Decision"], path) if path else {}
    if (one.get("result"), one.get("request")) != ("carried", told["Request"]):
        yield f"{told['Baseline']}: no decision carries it"
        return
    if "Back-Out" in told:
        return
    changes = vault.read(told["Decision"], path.replace("decision", "request"))["changes"]
    for id in {one["id"] for one in changes if (one["record"], one["operation"]) == ("item", "set")}:
        own = [one for one in changes if one["id"] == id and one["record"] == "item"]
        before, after = (flat(vault.read(at, item_path(id))) for at in (parent, commit))
        for change in own:
            before |= {one["field"]: one["value"] for one in change.get("exact", ())}
        opened = {"dependencies", "groups", *(name for one in own for name in one.get("open", ()))}
        moved = {name for name in {*before, *after} - opened if before.get(name) != after.get(name)}
        if moved:
            yield f"{told['Baseline']}: {id} differs in {', '.join(sorted(moved))}"
