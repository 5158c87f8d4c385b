"""A list of real services with owning teams, imported with mapping files written for it."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal

HERE = Path(__file__).parent.parent / "data"


def test_what_goes_down_with_one_service_of_a_real_estate(shared_data: Path, tmp_path: Path, keys) -> None:
    source = shared_data / "dependency-graph"
    keys.private("p.ng")
    estate = Terminal(tmp_path / "estate", keys.folder, "2026-11-01T09:00:00Z", "p.ng")
    estate.does(f"init {estate.site} --test-clock")
    for file, kind, mapping in (
        (HERE / "govuk-people.csv", "people", ""),
        (source / "repos.yml", "groups", "govuk-groups.toml"),
        (source / "depends_on.csv", "items", "govuk-services.toml"),
        (source / "depends_on.csv", "dependencies", "govuk-dependencies.toml"),
    ):
        more = f" --map {HERE / mapping}" if mapping else ""
        with estate.untouched():
            estate.does(f"import {file} --as-kind {kind}{more}")
        estate.does(f"import {file} --as-kind {kind}{more} --apply")
    found = json.loads(estate.does("impact publishing-api-app --json"))
    hit = [one for one in found["items"] if one["id"] != "publishing-api-app"]
    assert sum(one["distance"] == 1 for one in hit) == 29
    assert len(hit) == 31
    assert {one["effect"] for one in hit} == {"outage"}
    assert all(len(one["because"]) == one["distance"] + 1 for one in hit)
    again = json.loads(
        estate.does(
            f"import {source / 'depends_on.csv'} --as-kind items --map {HERE / 'govuk-services.toml'} --json"
        )
    )
    assert (again["create"], again["update"]) == (0, 0)
    assert estate.does("export --format csv").count("\n") > 100
