"""Change requests: writing, moving them on, looking at them."""

import sys
from pathlib import Path

import click

from ccb import acceptance, board, changefile, lifecycle, requests
from ccb.model import ChangeDraft, ChangeRequest
from cmdb import attachments, documents, files, signatures
from cmdb.errors import Invalid
from cmdb.model import PublicKey
from cmdb.written import plainly
from tui import change_card, change_text, printing, record_files, typed
from tui.commands.templates import from_template
from tui.context import Invocation, command
from tui.workplace import at_work


@command
@click.option("--file", "file", default="", metavar="FILE", help="The request as YAML; - reads stdin.")
@click.option("--template", metavar="T", default="", help="A standard change by this template, instead.")
@click.option("--item", "items", multiple=True, metavar="ITEM", help="By a template: an item; repeatable.")
@click.option("--window", metavar="WHEN", default="", help='By a template: "tonight 22:00 2h".')
@click.option("--set", "given", multiple=True, metavar="FIELD=CONTENT", help="By a template: a free field.")
@click.option("--title", metavar="TEXT", default="", help="By a template: another title.")
def new(
    invocation: Invocation,
    file: str,
    template: str,
    items: tuple[str, ...],
    window: str,
    given: tuple[str, ...],
    title: str,
) -> None:
    """Write a change request from a file or by a template, as a draft."""
    if bool(file) == bool(template):
        raise Invalid("A request is written from a file or by a template.", "Give --file or --template.")
    if file and (items or window or given or title):
        raise Invalid("What a file says is not said twice.", "Write it into the file, or use --template T.")
    draft, attached = _read(file) if file else (None, {})
    with at_work(invocation) as here:
        documents.keep(here.store, attached, actor=here.actor, at=here.at)
        draft = draft or from_template(here, template, items, window, given, title)
        request = requests.new(here.store, draft, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} is a draft: 'cmdb change submit {request.id}' hands it in.")


@command
@click.argument("id_", metavar="CR")
@click.option("--file", "file", metavar="FILE", help="The request as YAML; - reads stdin.")
def edit(invocation: Invocation, id_: str, file: str | None) -> None:
    """Replace the content of a request. It is a draft again, and its votes are stale.

    'cmdb change show CR --as-file' prints the file to begin with.
    """
    if file is None:
        raise Invalid(
            "Nothing says what the request shall be.",
            f"Print it with 'cmdb change show {id_} --as-file', edit that, and give it with --file.",
        )
    draft, attached = _read(file)
    with at_work(invocation) as here:
        documents.keep(here.store, attached, actor=here.actor, at=here.at)
        request = requests.edit(here.store, id_, draft, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} is a draft with the new content.")


@command
@click.option(
    "--state", "states", multiple=True, type=click.Choice(lifecycle.STATES), help="Repeat for more."
)
@click.option("--mine", is_flag=True, help="Only those you raised or do.")
@click.option("--limit", type=click.IntRange(1), default=None, help="At most so many.")
def list_(invocation: Invocation, states: tuple[str, ...], mine: bool, limit: int | None) -> None:
    """List change requests, the newest first."""
    with at_work(invocation) as here, here.store.read() as uow:
        me = here.reader
        found = [
            one
            for one in requests.listed(uow, states=states, limit=-1 if mine or limit is None else limit)
            if not mine or me in (one.originator, one.effective_implementer)
        ]
    found = found[:limit]
    if invocation.wants_json:
        names = ("id", "state", "kind", "title", "originator", "implementer", "window", "board", "created_at")
        printing.as_json_list({name: getattr(one, name) for name in names} for one in found)
        return
    printing.table(
        ("id", "state", "kind", "window", "by", "title"),
        (
            (one.id, one.state, one.kind, one.window.start if one.window else "", one.originator, one.title)
            for one in found
        ),
        empty="There is no such change request.",
    )


@command
@click.argument("id_", metavar="CR")
@click.option("--as-file", is_flag=True, help="Print it as a file: to edit, then 'change edit --file'.")
def show(invocation: Invocation, id_: str, as_file: bool) -> None:
    """Show a request: what it changes, what it costs, how the votes stand."""
    with at_work(invocation) as here, here.store.read() as uow:
        if as_file:
            click.echo(record_files.change_file(requests.find(uow, id_)), nl=False)
            return
        found = change_card.card(uow, requests.find(uow, id_), at=here.at)
        said = requests.comments(uow, found["id"])
    if invocation.wants_json:
        printing.as_json({**found, "comments": said})
    else:
        change_text.card(found, said)


@command
@click.argument("id_", metavar="CR")
def diff(invocation: Invocation, id_: str) -> None:
    """Show field by field what a request changes, and what moved since it was written."""
    with at_work(invocation) as here, here.store.read() as uow:
        request = requests.find(uow, id_)
        rows = change_text.difference(uow, request)
    if invocation.wants_json:
        printing.as_json_list(rows)
        return
    printing.table(
        ("record", "operation", "field", "old", "new", "now"),
        (
            tuple(plainly(row[name]) for name in ("record", "operation", "field", "old", "new", "now"))
            for row in rows
        ),
        empty="It changes nothing.",
    )


@command
@click.argument("id_", metavar="CR")
@click.argument("text")
def comment(invocation: Invocation, id_: str, text: str) -> None:
    """Say something about a request. Votes stay as they are."""
    with at_work(invocation) as here:
        said = requests.comment(here.store, id_, text, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json(said)
    else:
        printing.put(f"Commented on {said.request}.")


@command
@click.argument("id_", metavar="CR")
def submit(invocation: Invocation, id_: str) -> None:
    """Hand a draft in; a standard change is approved by its template at once."""
    with at_work(invocation) as here:
        request = acceptance.submit(here.store, id_, actor=here.actor, at=here.at)
    following = f"{request.id} is submitted: 'cmdb change assess {request.id}' is next."
    if request.state == "approved":
        following = f"{request.id} is approved by the template {request.template}: check it out next."
    _moved(invocation, request, following)


@command
@click.argument("id_", metavar="CR")
def assess(invocation: Invocation, id_: str) -> None:
    """Compute what a request costs every customer, and where it clashes."""
    with at_work(invocation) as here:
        request, _ = requests.assess(here.store, id_, actor=here.actor, at=here.at)
        with here.store.read() as uow:
            found = change_card.card(uow, request, at=here.at)
    if invocation.wants_json:
        printing.as_json(found)
        return
    change_text.assessment(found["assessment"])
    printing.say(f"{request.id} is assessed: 'cmdb change refer {request.id}' puts it before the board.")


@command
@click.argument("id_", metavar="CR")
def refer(invocation: Invocation, id_: str) -> None:
    """Put an assessed request before its board; a ballot opens."""
    with at_work(invocation) as here:
        request = board.refer(here.store, id_, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} lies before the board '{request.board}'.")


@command
@click.argument("id_", metavar="CR")
def resume(invocation: Invocation, id_: str) -> None:
    """Bring a deferred request back, to be assessed anew."""
    with at_work(invocation) as here:
        request = requests.resume(here.store, id_, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} is submitted again.")


@command
@click.argument("id_", metavar="CR")
@click.option("-m", "--reason", default="", help="Why.")
def withdraw(invocation: Invocation, id_: str, reason: str) -> None:
    """Take your request back, for good."""
    with at_work(invocation) as here:
        request = requests.withdraw(here.store, id_, reason=reason, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} is withdrawn.")


@command
@click.argument("id_", metavar="CR")
@click.option("--at", "when", metavar="T", default="now", show_default=True)
def start(invocation: Invocation, id_: str, when: str) -> None:
    """Record that the work has started."""
    with at_work(invocation) as here:
        moment = typed.moment(when, zone=here.site.zone, now=here.at)
        request = requests.start(here.store, id_, when=moment, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} has started.")


@command
@click.argument("id_", metavar="CR")
@click.option("--at", "when", metavar="T", default="now", show_default=True)
def finish(invocation: Invocation, id_: str, when: str) -> None:
    """Record that the work is finished."""
    with at_work(invocation) as here:
        moment = typed.moment(when, zone=here.site.zone, now=here.at)
        request = requests.finish(here.store, id_, when=moment, actor=here.actor, at=here.at)
    _moved(invocation, request, f"{request.id} is finished.")


def _read(name: str) -> tuple[ChangeDraft, dict[Path, attachments.Content]]:
    """Read a change file, or stdin where it is `-`; key files and files to attach lie beside it.

    Gives the files to attach as well, as they were measured: their bytes are kept with the request.
    """
    attached: dict[Path, attachments.Content] = {}
    if name == "-":
        content, shown, folder = files.read_stream(sys.stdin.buffer), "stdin", Path()
    else:
        file = Path(name)
        content, shown, folder = files.read(file), file.name, file.parent

    def key_of(path: str) -> PublicKey:
        return signatures.read_public_key(folder / Path(path).expanduser())

    def measured(path: str) -> attachments.Content:
        file = folder / Path(path).expanduser()
        attached[file] = attachments.measure(file)
        return attached[file]

    return changefile.parse(files.text(content, shown), shown, key_of, measured), attached


def _moved(invocation: Invocation, request: ChangeRequest, words: str) -> None:
    if invocation.wants_json:
        printing.as_json({"id": request.id, "state": request.state, "board": request.board})
    else:
        printing.put(words)
