"""Releases: asking for one, building what was authorised, listing them, and checking one anywhere."""

from pathlib import Path
from typing import Any

import click

from baselines import release_check, release_requests, releasing, tables_releases
from baselines.release_check import Checked
from baselines.release_model import Release
from baselines.release_requests import Wanted
from ccb import release_sets
from cmdb import files, signatures
from cmdb.checks import LEVELS, shown
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from tui import printing
from tui.context import Invocation, command
from tui.library_place import at_library
from tui.present import counted

WRONG = 1  # --exit-code: something does not hold


@command
@click.argument("product", metavar="PRODUCT")
@click.argument("version", metavar="VERSION")
@click.option("--baseline", metavar="BL", default="latest", help="Build it from this one; else the newest.")
@click.option("--service", metavar="ID", default="", help="All that a service needs.")
@click.option("--type", "type_", metavar="TYPE", default="", help="All items of a type, and what they need.")
@click.option("--item", "items", metavar="ID", multiple=True, help="An item and what it needs; repeat.")
@click.option(
    "--leave-out", "left_out", metavar="ID=REASON", multiple=True,
    help="Leave an item out, or person:ID, and say why; repeat.",
)  # fmt: skip
@click.option(
    "--level", type=click.Choice(LEVELS[1:]), default="baselined", show_default=True,
    help="What its items should be at least; less is told to the voters.",
)  # fmt: skip
@click.option("--title", metavar="TEXT", default="", help="Else: Release PRODUCT VERSION.")
@click.option("-m", "--reason", metavar="TEXT", default="", help="Why it is released.")
def new(invocation: Invocation, left_out: tuple[str, ...], **given: Any) -> None:
    """Draft the request to release a product, with everything it consists of."""
    scopes = [
        f"{word}:{given[name]}" for word, name in (("service", "service"), ("type", "type_")) if given[name]
    ]
    if len(scopes) + bool(given["items"]) != 1:
        raise Invalid(
            "Say what is released: one of --service, --type or --item.", "Give exactly one of them."
        )
    wanted = Wanted(
        product=given["product"],
        version=given["version"],
        baseline=given["baseline"],
        scope=scopes[0] if scopes else "",
        items=given["items"],
        left_out=dict(map(_reasoned, left_out)),
        level=given["level"],
        title=given["title"],
        reason=given["reason"],
    )
    with at_library(invocation) as (here, library):
        request = release_requests.draft(library, wanted, actor=here.actor, at=here.at)
        with library.store.read() as uow:
            told = release_sets.kept(uow, request.changes[0])
    counts, below = release_sets.counts(told), told.get("below", [])
    if invocation.wants_json:
        printing.as_json({"request": request.id, "state": request.state, "types": counts, "below": below})
        return
    exact = request.changes[0].exact
    printing.put(f"{request.id} is a draft: {request.title}, {counted(sum(counts.values()), 'record')}"
                 f" of {exact['baseline']}.")  # fmt: skip
    for name, count in counts.items():
        printing.put(f"  {count:>7,}  {name}")
    for one in below[: release_sets.LISTED]:
        printing.put(f"  ▲ {one['item']} is merely {one['level']}; the release asks for {wanted.level}.")
    printing.say(f"Hand it in: 'cmdb change submit {request.id}'.")


@command
@click.argument("request", metavar="CR")
@click.option("--to", "target", metavar="FILE", required=True, help="The archive to write.")
@click.option("--apply", is_flag=True, help="Do it; without this, only what it would do is shown.")
def build(invocation: Invocation, request: str, target: str, apply: bool) -> None:
    """Build what the board authorised into one signed archive, record it and close the request.

    The same command writes a release that was built before again, byte for byte.
    """
    with at_library(invocation) as (here, library):
        if not apply:
            found = releasing.foresee(library, request)
            _would(invocation, found)
            return
        made = releasing.build(
            library, request, file=Path(target), actor=here.actor, key=here.key(), at=here.at
        )
    if invocation.wants_json:
        printing.as_json({**_plain(made), "file": target})
        return
    printing.put(f"{made.product} {made.version} is in {target}: {counted(made.files, 'file')},"
                 f" {made.size:,} bytes.")  # fmt: skip
    printing.put(f"SHA-256 {made.archive}")
    printing.put(f"Signed by {made.by}, {signatures.fingerprint(made.key)}; recorded in {made.record[:12]}.")


@command
@click.argument("product", metavar="[PRODUCT]", required=False, default="")
def list_(invocation: Invocation, product: str) -> None:
    """List releases, newest first; all, or those of a product."""
    with at_library(invocation) as (here, library), library.store.read() as uow:
        found = tables_releases.releases(uow, product)
    if invocation.wants_json:
        printing.as_json([_plain(one) for one in found])
        return
    printing.table(
        ("product", "version", "built", "by", "baseline", "change", "SHA-256"),
        (
            (one.product, one.version, here.said(one.at), one.by, one.baseline, one.request, one.archive[:12])
            for one in found
        ),
        empty="Nothing is released yet.",
    )


@command
@click.argument("product", metavar="PRODUCT")
@click.argument("version", metavar="[VERSION]", required=False, default="")
def show(invocation: Invocation, product: str, version: str) -> None:
    """Show a release: from which baseline, by which change, what is in it. Without VERSION: the newest."""
    with at_library(invocation) as (here, library), library.store.read() as uow:
        named = [one for one in tables_releases.releases(uow, product) if version in ("", one.version)]
        if not named:
            said = f"{shown(product)} {shown(version)}".strip()
            raise NotFound(f"There is no release {said}.", "List them with 'cmdb release list'.")
        one = named[0]
        items = tables_releases.items_of(uow, one)
    if invocation.wants_json:
        listed = [{"item": item, "sha256": sha} for item, sha in sorted(items.items())]
        printing.as_json({**_plain(one), "items": listed})
        return
    printing.facts(
        [
            ("product", one.product),
            ("version", one.version),
            ("built", f"{here.said(one.at)} by {one.by}"),
            ("signed with", signatures.fingerprint(one.key)),
            ("change", one.request),
            ("baseline", one.baseline),
            ("scope", one.scope),
            ("items", f"{len(items):,}"),
            ("archive", f"{counted(one.files, 'file')}, {one.size:,} bytes"),
            ("SHA-256", one.archive),
            ("manifest", one.manifest),
            ("recorded in", one.record),
        ]
    )
    printing.say(f"Write its archive again: 'cmdb release build {one.request} --to FILE --apply'.")


@command
@click.argument("file", metavar="FILE")
@click.option("--key", "keys", metavar="PUBKEY", multiple=True, help="A public key you trust, or its file.")
@click.option(
    "--signers",
    "signers",
    metavar="FILE",
    multiple=True,
    help="Keys you trust, as ssh lists allowed signers.",
)
@click.option("--root", metavar="ID", default="", help="The founding commit of the site you trust.")
@click.option("--exit-code", is_flag=True, help="Exit 1 instead of 5 when something does not hold.")
def verify(
    invocation: Invocation,
    file: str,
    keys: tuple[str, ...],
    signers: tuple[str, ...],
    root: str,
    exit_code: bool,
) -> None:
    """Check a release with nothing but its file and a public key. Needs no site and unpacks nothing."""
    trusted = [*map(_key, keys), *(key for one in signers for key in _listed_keys(one))]
    if (keys or signers) and not trusted:
        raise Invalid("No key is named that could be trusted.", "Give one with --key FILE.pub.")
    path = Path(file)
    try:
        files.refuse_special(path)
        with path.open("rb") as stream:
            found = release_check.check(stream, keys=trusted, root=root)
    except FileNotFoundError as missing:
        raise NotFound(f"There is no file {shown(file)}.", "Check its name.") from missing
    except OSError as fault:
        raise Refused(f"{shown(file)}: {fault.strerror}.", "Check the path and its permissions.") from fault
    if invocation.wants_json:
        printing.as_json(release_check.fields_of(found))
    elif found.ok:
        _holds(found)
    if found.fault is not None:
        if exit_code:
            click.get_current_context().exit(WRONG)
        raise Corrupt(found.fault.why, f"For an engineer: {found.fault.detail}")


def _holds(found: Checked) -> None:
    printing.put(
        f"{found.product} {found.version} holds: {counted(found.records, 'record')} of {found.baseline},"
        f" {counted(found.files, 'file')}, authorised by {found.request} with {counted(found.votes, 'vote')}."
    )
    printing.put(f"SHA-256 {found.archive}")
    if found.key_confirmed:
        printing.put(f"Signed by {found.key}, a key you trust.")
    else:
        printing.put(f"Signed by {found.key}; that key is not confirmed by you.")
        printing.say("Compare it with the key you were given: 'cmdb release verify FILE --key PUBKEY'.")
    printing.put(f"Root {found.root}{' is the one you gave.' if found.root_confirmed else ''}")


def _would(invocation: Invocation, found: releasing.Foreseen) -> None:
    request, built = found.request, found.release
    exact = request.changes[0].exact
    named = f"{exact['product']} {exact['version']}"
    if invocation.wants_json:
        printing.as_json(
            {
                "request": request.id,
                "state": request.state,
                "product": exact["product"],
                "version": exact["version"],
                "baseline": exact["baseline"],
                "records": found.records,
                "size": found.size,
                "built": built is not None,
            }
        )
        return
    if built is None and request.state != "approved":
        raise Refused(
            f"{request.id} is {request.state}.", f"See what it needs: 'cmdb change show {request.id}'."
        )
    again = "was built before and would be written again" if built else "would be built"
    printing.put(
        f"{named} {again} from {exact['baseline']}: {counted(found.records, 'record')},"
        f" {found.size:,} bytes of records."
    )
    printing.say("Nothing is written yet; --apply does it.")


def _plain(one: Release) -> dict[str, Any]:
    found: dict[str, Any] = printing.plain(one)
    found["fingerprint"] = signatures.fingerprint(one.key)
    return found


def _reasoned(text: str) -> tuple[str, str]:
    id, found, why = text.partition("=")
    if not (found and id.strip() and why.strip()):
        raise Invalid(f"'{shown(text)}' names no reason.", "Write --leave-out ID=REASON.")
    return id.strip(), why.strip()


def _key(text: str) -> str:
    """A public key as given, or as its file has it."""
    if text.strip().startswith(("ssh-", "ecdsa-", "sk-")):
        return signatures.public_key(text).text
    return signatures.read_public_key(Path(text)).text


def _listed_keys(file: str) -> list[str]:
    """The keys of a file of allowed signers: `WHO [options] TYPE BASE64 [comment]` on a line."""
    found = []
    for line in files.text(files.read(Path(file)), file).splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        start = next(
            (at for at, one in enumerate(words) if at and one.startswith(("ssh-", "ecdsa-", "sk-"))), 0
        )
        found.append(signatures.public_key(" ".join(words[start : start + 2])).text if start else _key(line))
    return found
