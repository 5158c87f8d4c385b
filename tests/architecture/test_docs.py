"""The documents say what is there: commands, rooms, decisions, links."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccb import changefile
from cmdb import canonical, records, schemas
from cmdb.agreement_terms import LISTS, RECORDED
from cmdb.exchange import agreement_file, catalogue_file, document_file, mapping
from cmdb.written import content_problems
from tests.architecture.source import ROOT
from tui import table

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])

# A command in a document: `cmdb ...` in back quotes, or a line of a code block that starts with it.
TYPED = re.compile(r"(?:`|^\s*(?:\$ )?)cmdb((?: [^`\n|#]*)?)", re.MULTILINE)


def commands() -> set[str]:
    return {entry.path for entry in table.TABLE}


def first_words(typed: str) -> list[str]:
    """The words of a command line that may name a command, options and what follows them left out."""
    words = []
    for word in re.sub(r"--(?:site|as) \S+|--json", "", typed).split():
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        words.append(word)
    return words


def is_known(words: list[str]) -> bool:
    """A command, or the beginning of one (`cmdb item`)."""
    known = commands()
    return not words or any(
        " ".join(words[:length]) in known
        or any(path.startswith(" ".join(words[:length]) + " ") for path in known)
        for length in ([1] if words[0] in known else range(min(2, len(words)), len(words) + 1))
    )


def test_every_command_is_in_the_reference() -> None:
    reference = (DOCS / "cli.md").read_text("utf-8")
    assert [path for path in sorted(commands()) if "--" not in path and f"cmdb {path}" not in reference] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_a_document_names_exists(page: Path) -> None:
    typed = [found[1] for found in TYPED.finditer(page.read_text("utf-8"))]
    assert [line for line in typed if not is_known(first_words(line))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_every_decision_is_listed() -> None:
    listed = set(
        re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text("utf-8"))
    )
    assert listed == {path.name for path in (DOCS / "decisions").glob("[0-9]*.md")}


def test_rooms_and_commands_are_written_from_the_program() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "pages.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / "formats.md").read_text("utf-8"), re.DOTALL)


def test_the_samples_of_the_formats_page_are_what_the_program_reads(tmp_path: Path) -> None:
    change, key, agreement, observed, elements, standard, document, replacing = samples("yaml")
    assert changefile.parse(change).title == "Replace core switch sw-11"
    [registered] = changefile.parse(key).changes
    assert [one["comment"] for one in registered.exact["keys"]] == ["laptop"]
    assert agreement_file.read(agreement).id == "sla-north-quay"
    assert agreement_file.read(f"{agreement.rstrip()}\n{observed}").commitments[1].counted_in == "h"
    whole = agreement_file.read(f"{agreement.rstrip()}\n{elements}")
    assert {*LISTS, *RECORDED} == whole.terms.keys()
    assert catalogue_file.read(standard).levels[0].service == "std-booking"
    written, files = document_file.read(document)
    assert (written.id, files) == ("cm-plan-mail", {"plan.pdf": "files/plan-v2.pdf"})
    whole_change = f"title: x\nchanges:\n{replacing}"
    _, replaced = changefile.parse(
        whole_change, measure=lambda _path: {"sha256": "0" * 64, "size": 1}
    ).changes
    assert (replaced.open, replaced.exact["old.docx"]) == (("signed.pdf",), "")
    [mapped] = samples("toml")
    (tmp_path / "map.toml").write_text(mapped)
    (tmp_path / "repos.yml").write_text("- {repo_name: app, team: web}\n")
    assert mapping.read(tmp_path / "map.toml", tmp_path).distinct == ("id",)
    record, rack, attached = samples("json")
    assert content_problems(json.loads(f"{{{attached}}}")["attachments"]["plan.pdf"]) == []
    assert schemas.problems(json.loads(rack)["schema"]) == []
    form, fields = canonical.decode(record.encode())
    assert canonical.encode(form, fields) == record.encode()
    item, [need], [group] = records.item_from(fields)
    assert (item.id, need.group, group.need) == ("sw-11", "feeds", "1")
