"""A policy with attached files at the port of `tests.baselines.port`, and what is done with it."""

import hashlib
from datetime import timedelta

from baselines import checkin, checkout, verification
from ccb.model import ProposedChange
from cmdb import attachments, documents
from cmdb.model import Contact, Party
from cmdb.written import Document
from tests.baselines.port import NIGHT

BINARY = bytes(range(256)) * 5000
EARLY = NIGHT - timedelta(days=5)
POLICY = Document(
    id="cm-policy",
    kind="CM policy",
    title="How we manage configurations",
    owner="m.jansen",
    services=("mail",),
    version="1.0",
    review="2026-12-01",
    distribution=("group:network", "party:harbour", "person:m.jansen"),
    covers={"scope": "section 2"},
    body="# Policy\n\nEverything is kept.\n",
)


def content(data):
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def written(folder, name, data):
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(data)
    return file


def controlled(port, tmp_path, files=(("plan.pdf", BINARY), ("empty.txt", b""))):
    """The policy with its files under control."""
    with port.store.write() as uow:
        uow.add(Party(id="harbour", name="Harbour", contacts=(Contact(name="Jo", email="jo@harbour.nl"),)))
        uow.commit()
    paths = {name: written(tmp_path / "files", name, data) for name, data in files}
    documents.register(port.store, POLICY, paths, actor="a.vries", at=EARLY)
    return port.established(EARLY)


def replaced(port, tmp_path, files, *opened, removed=()):
    """The change that replaces attachments, its bytes kept as a change file's are."""
    measured = {}
    exact = dict.fromkeys(removed, "")
    for name, data in files.items():
        path = written(tmp_path / "new", name, data)
        measured[path] = exact[name] = attachments.measure(path)
    documents.keep(port.store, measured, actor="k.chen", at=NIGHT - timedelta(days=2))
    return ProposedChange(
        record="document", id="cm-policy", operation="replace attachment", exact=exact, open=opened
    )


def version(text):
    return ProposedChange(record="document", id="cm-policy", operation="set", exact={"version": text})


def done(port, *changes, **more):
    request = port.approved(*changes, **more)
    checkout.check_out(port.library, request.id, actor="k.chen", at=NIGHT)
    return request, entered(port, request.id)


def entered(port, id, **more):
    return checkin.check_in(
        port.library, id, actor="k.chen", key=port.keys.private("k.chen"), at=NIGHT, **more
    )


def proved(port):
    report = verification.verify(port.library, root=port.root)
    assert report.ok, report.failure
    return report


def file_at(port, baseline, name="plan.pdf"):
    return port.library.vault.find(baseline.commit, f"attachments/cm-policy/{name}")


def held(port):
    with port.store.read() as uow:
        return uow.get(Document, "cm-policy")
