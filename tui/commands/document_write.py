"""Documents that are candidates: adding and amending them, attaching files, bringing bytes again."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import click

from cmdb import attachments, document_records, documents, files
from cmdb.errors import Invalid
from cmdb.exchange import document_file
from cmdb.model import shown
from cmdb.written import Document, said
from tui import printing
from tui.context import Invocation, command
from tui.present import counted
from tui.workplace import at_work

_BODY = click.option(
    "--body", metavar="FILE", type=click.Path(path_type=Path), help="The text, as a Markdown file of its own."
)


@command
@click.argument("file", type=click.Path(path_type=Path))
@_BODY
def register(invocation: Invocation, file: Path, body: Path | None) -> None:
    """Add the document described in the YAML FILE, with the files it attaches, as a draft."""
    document, attached = _read(file, body)
    with at_work(invocation) as here:
        made = documents.register(here.store, document, attached or {}, actor=here.actor, at=here.at)
    _said(invocation, made, f"The document {made.id} is added as a draft{_with(made)}.")


@command
@click.argument("file", type=click.Path(path_type=Path))
@_BODY
def amend(invocation: Invocation, file: Path, body: Path | None) -> None:
    """Replace a draft document by what the YAML FILE says.

    Attachments stay as they are unless the file names attachments: then those are all it has.
    """
    document, attached = _read(file, body)
    with at_work(invocation) as here:
        made = documents.amend(
            here.store,
            document,
            attached or {},
            replaced=attached is not None,
            actor=here.actor,
            at=here.at,
        )
    _said(invocation, made, f"The document {made.id} is changed{_with(made)}.")


@command
@click.argument("id_", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--name", metavar="NAME", default="", help="The name it gets; else that of the file.")
@click.option("--remove", metavar="NAME", default="", help="Take this attachment off, instead.")
def attach(invocation: Invocation, id_: str, file: Path | None, name: str, remove: str) -> None:
    """Attach FILE to a draft document, in the place of one of the same name.

    Under control an attachment is replaced by request: 'attachment' in the file of 'cmdb change new'.
    """
    if (file is None) == (not remove):
        raise Invalid("A file is attached or one is taken off.", "Give FILE, or --remove NAME.")
    with at_work(invocation) as here:
        if file is None:
            made = documents.detach(here.store, id_, remove, actor=here.actor, at=here.at)
            _said(invocation, made, f"{shown(remove)} is taken off {made.id}.")
            return
        named = unicodedata.normalize("NFC", name or file.name)
        made = documents.attach(here.store, id_, {named: file}, actor=here.actor, at=here.at)
    found = made.attachment(named)
    assert found is not None
    _said(invocation, made, f"{shown(named)} is attached to {made.id}: {said(found.content)}.")


@command
@click.argument("file", type=click.Path(path_type=Path))
def supply(invocation: Invocation, file: Path) -> None:
    """Bring the bytes of FILE, which a request or a draft names and the site does not have.

    After a rebuild, or when a request is raised with digests that were measured elsewhere.
    """
    content = attachments.measure(file)
    with at_work(invocation) as here:
        documents.keep(here.store, {file: content}, actor=here.actor, at=here.at)
    if invocation.wants_json:
        printing.as_json({"file": str(file), **content})
    else:
        printing.put(f"{file} is kept: {said(content)}. What nobody names within a day may be forgotten.")


def _read(file: Path, body: Path | None) -> tuple[Document, Mapping[str, Path] | None]:
    """A document's file, with the files it attaches, which lie beside it."""
    document, named = document_file.read(files.text(files.read(file), file.name), file.name)
    if body is not None:
        if document.body:
            raise Invalid("The text stands in both files.", "Leave out 'body', or --body.")
        document = document.but(body=files.text(files.read(body), body.name))
    if named is None:
        return document, None
    return document, {name: file.parent / Path(path).expanduser() for name, path in named.items()}


def _with(made: Document) -> str:
    return f", with {counted(len(made.attachments), 'attachment')}" if made.attachments else ""


def _said(invocation: Invocation, made: Document, words: str) -> None:
    if invocation.wants_json:
        printing.as_json(document_records.record_of(made))
    else:
        printing.put(words)
