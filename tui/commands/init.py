"""Make a site: directory, database, library and the founding baseline, signed by its founder."""

import secrets
import shutil
from pathlib import Path

import click

from baselines import establish, whole_layout
from baselines.library import Library
from baselines.model import Baseline
from baselines.vault import Vault
from cmdb import signatures, site
from cmdb.errors import CmdbError, Invalid, Refused
from cmdb.model import Person
from cmdb.store import Store
from tui import printing
from tui.context import Invocation, account, command


@command
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", default="", help="What the site is called; the directory's name if left out.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone in which times are shown.")
@click.option("--postgres", metavar="URL", default="", help="Keep the database there instead of in a file.")
@click.option("--person-name", default="", help="Your name; your id if left out.")
@click.option("--email", default="", help="Your email address.")
@click.option("--test-clock", is_flag=True, help="Let CMDB_NOW set the clock: for tests and demonstrations.")
@click.option("--production", is_flag=True, help="Say that this site counts: the app shows it as a stripe.")
def init(
    invocation: Invocation,
    folder: Path,
    name: str,
    zone: str,
    postgres: str,
    person_name: str,
    email: str,
    test_clock: bool,
    production: bool,
) -> None:
    """Make a site in DIR and register you, with your ssh key, as its founder.

    You hold every role until you grant them to others. The root it prints proves everything that
    follows: give it to whoever will verify this site.
    """
    founder = _founder(invocation, person_name, email)
    key = signatures.own_key(founder.id, invocation.environ)
    signatures.read_public_key(key)
    made = site.Site(
        path=folder.resolve(),
        name=name or folder.resolve().name,
        zone=zone,
        database=postgres,
        test_clock=test_clock,
        production=production,
    )
    fresh = _prepare(folder)
    try:
        baseline = _build(invocation, made, founder, key)
    except CmdbError:
        _undo(made, remove_folder=fresh)
        raise
    if invocation.wants_json:
        printing.as_json(
            {
                "site": str(made.path),
                "name": made.name,
                "root": baseline.commit,
                "baseline": baseline.id,
                "founder": founder.id,
            }
        )
        return
    printing.put(f"Site '{made.name}' in {made.path}")
    printing.put(f"Founder {founder.id}, signing with {key}")
    printing.put(f"Root {baseline.commit}")
    printing.say("Keep the root: 'cmdb verify --root' proves everything from it.")


def _founder(invocation: Invocation, name: str, email: str) -> Person:
    login = account()
    named = invocation.person(lambda _login: "")
    id_ = named or login.lower()
    if not id_:
        raise Invalid("Nobody is named as the founder.", "Say who you are with --as PERSON.")
    return Person(id=id_, name=name or id_, email=email, login=login)


def _prepare(folder: Path) -> bool:
    """Make the directory; tell whether it is new. Raises Refused when it holds a site or other files."""
    if (folder / site.FILE).exists():
        raise Refused(f"{folder} is a site already.", "Work on it with --site, or name another directory.")
    if folder.is_dir() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty.", "Name a directory that is empty or does not exist yet.")
    fresh = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Refused(
            f"{folder} cannot be made: {fault.strerror}.", "Check the path and its permissions."
        ) from fault
    return fresh


def _build(invocation: Invocation, made: site.Site, founder: Person, key: Path) -> Baseline:
    # site.toml comes last: until it is there, the directory is no site.
    store = Store.connect(made.url)
    whole_layout.lay_out(store, site=secrets.token_hex(16), name=made.name)
    vault = Vault.create(made.library)
    invocation.settle(made)
    with Library(store, vault) as library:
        baseline = establish.found(library, founder=founder, key=key, at=invocation.now(), name=made.name)
    site.write(made)
    store.engine.dispose()
    return baseline


def _undo(made: site.Site, *, remove_folder: bool) -> None:
    """Take away what a failed start left in the directory. A PostgreSQL database is left to its owner."""
    shutil.rmtree(made.library, ignore_errors=True)
    for suffix in ("", "-wal", "-shm"):
        (made.path / (site.DATABASE + suffix)).unlink(missing_ok=True)
    if remove_folder and not any(made.path.iterdir()):
        made.path.rmdir()
