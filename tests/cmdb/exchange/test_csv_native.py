"""CSV files: every bad row is named, every good one still read."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.errors import Invalid, NotFound
from cmdb.exchange import csv_native
from cmdb.exchange.sheet import Problems, escaped, header_problems, unescaped


def read(tmp_path: Path, content: bytes, **how: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    file = tmp_path / "estate.csv"
    file.write_bytes(content)
    problems = Problems("estate.csv")
    sheet = csv_native.read(file, problems, **how)
    rows = [(0, list(sheet.header)), *((line, list(cells)) for line, cells in sheet.rows)]
    return rows, [one.sentence() for one in problems.kept]


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    rows, wrong = read(tmp_path, b"\xef\xbb\xbfid,name\nsw-11,Switch\n")
    assert rows == [(0, ["id", "name"]), (2, ["sw-11", "Switch"])]
    assert wrong == []


def test_lines_are_counted_through_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    rows, wrong = read(tmp_path, b'id,name\r\na,"one\ntwo"\r\n\r\nb,three\r\n')
    assert rows[1:] == [(2, ["a", "one\ntwo"]), (5, ["b", "three"])]
    assert wrong == []


def test_another_encoding_is_named_with_the_byte_its_place_and_what_to_type(tmp_path: Path) -> None:
    content = b"id,name\na,one\nb,caf\xe9\n"
    rows, wrong = read(tmp_path, content)
    assert rows == [(0, [])]
    assert len(wrong) == 1
    assert f"line 3: byte 0xE9 at offset {content.index(0xE9)} is not UTF-8" in wrong[0]
    assert "iconv -f WINDOWS-1252" in wrong[0]


def test_the_bad_byte_is_found_behind_the_first_megabyte_and_a_split_character(tmp_path: Path) -> None:
    head = b"id,name\n" + b"a,b\n" * 262_141 + b"a,\xc3\xa9\n"
    file = tmp_path / "big.csv"
    file.write_bytes(head + b"x,\xff\n")
    line, reason = csv_native.encoding_problem(file, "utf-8")
    assert line == head.count(b"\n") + 1
    assert f"offset {len(head) + 2:,} " in reason


def test_a_file_that_ends_inside_a_character_is_said_to_be_cut_off(tmp_path: Path) -> None:
    _, wrong = read(tmp_path, b"id,name\na,caf\xc3")
    assert len(wrong) == 1
    assert "cut off" in wrong[0]


def test_utf_16_is_recognised_and_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read(tmp_path, "id,name\n".encode("utf-16"))
    assert "iconv -f UTF-16" in refused.value.remedy


@pytest.mark.parametrize("together", [1, 2, 3, 1_000])
def test_it_does_not_matter_how_many_lines_are_read_together(tmp_path, monkeypatch, together) -> None:
    monkeypatch.setattr(csv_native, "TOGETHER", together)
    odd = b'id,name\na,one\nb,"two\nlines"\n\nc\nd,"a"b\ne,"x\ny\nz"\n'
    rows, wrong = read(tmp_path, odd + b"f,many\n" * 5_000 + b"g,\xff\nh,never\n")
    assert rows[1:5] == [
        (2, ["a", "one"]),
        (3, ["b", "two\nlines"]),
        (8, ["e", "x\ny\nz"]),
        (11, ["f", "many"]),
    ]
    assert [line for line, _cells in rows[4:]] == list(range(11, 11 + len(rows) - 4))
    assert len(rows) > 4_000  # what was read before the byte that cannot be
    assert [one.split(":")[0] for one in wrong] == [
        "estate.csv, line 6",
        "estate.csv, line 7",
        "estate.csv, line 5,011",
    ]


def test_a_named_encoding_and_separator_are_used(tmp_path: Path) -> None:
    rows, wrong = read(tmp_path, b"id;name\na;caf\xe9\n", encoding="cp1252", delimiter=";")
    assert rows[1] == (2, ["a", "café"])
    assert wrong == []


def test_every_bad_row_is_named_and_the_good_ones_are_read(tmp_path: Path) -> None:
    long = b"x" * 200_000
    rows, wrong = read(tmp_path, b'id,name\na\nb,two\nc,"x"y\nd,four\ne,' + long + b"\nf,six,seven\n")
    assert [cells[0] for _, cells in rows[1:]] == ["b", "d"]
    assert [one.split(":")[0] for one in wrong] == [f"estate.csv, line {n}" for n in (2, 4, 6, 7)]
    assert "more than 65,536 characters" in wrong[2]


def test_a_quote_that_is_never_closed_is_named_where_it_opens(tmp_path: Path) -> None:
    rows, wrong = read(tmp_path, b'id,name\na,one\nb,"two\nc,three\n')
    assert [cells[0] for _, cells in rows[1:]] == ["a"]
    assert len(wrong) == 1
    assert wrong[0].startswith('estate.csv, line 3: a quote (") that opens here is never closed; close it')


def test_another_separator_is_recognised(tmp_path: Path) -> None:
    _, wrong = read(tmp_path, b"id;name\na;one\n")
    assert "not separated by ','" in wrong[0]


def test_an_empty_file_and_a_missing_one_say_so(tmp_path: Path) -> None:
    assert "the file is empty" in read(tmp_path, b"")[1][0]
    with pytest.raises(NotFound):
        csv_native.read(tmp_path / "none.csv", Problems("none.csv"))
    with pytest.raises(Invalid):
        csv_native.read(tmp_path, Problems("dir"))


def test_a_header_is_wrong_in_every_way_at_once() -> None:
    problems = Problems("people.csv")
    good = header_problems(
        ("id", "", "nmae", "id"), required=("id", "name"), known=("id", "name"), problems=problems
    )
    assert not good
    assert [(one.column, one.reason.split(" ")[0]) for one in problems.kept] == [
        ("", "column"),
        ("nmae", "is"),
        ("id", "the"),
        ("name", "is"),
    ]


@given(st.text(alphabet="'=+-@\t\r ab1", max_size=8))
def test_a_cell_comes_back_from_a_spreadsheet_as_it_went(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell
    assert escaped(cell)[:1] not in ("=", "+", "-", "@", "\t", "\r")


def test_what_is_written_runs_nothing_and_reads_back(tmp_path: Path) -> None:
    out = io.StringIO()
    csv_native.write(out, ["id", "name"], [["a", "=HYPERLINK(1)"], ["b", "'=quoted"], ["c", "1 + 1"]])
    assert "\na,'=HYPERLINK(1)\nb,''=quoted\nc,1 + 1\n" in out.getvalue()
    rows, _ = read(tmp_path, out.getvalue().encode())
    assert [unescaped(cells[1]) for _, cells in rows[1:]] == ["=HYPERLINK(1)", "'=quoted", "1 + 1"]


@pytest.mark.parametrize("name", ["UTF-16", "UTF-32"])
def test_a_file_in_another_encoding_is_named(tmp_path, name):
    file = tmp_path / "items.csv"
    file.write_bytes("id,name\na,b\n".encode(name))
    with pytest.raises(Invalid) as wrong:
        csv_native.read(file, Problems(file.name))
    assert wrong.value.reason.endswith(f"is {name}, not UTF-8.")


def test_a_file_that_is_one_endless_line_is_not_read_whole(tmp_path):
    file = tmp_path / "items.csv"
    with file.open("wb") as out:
        out.truncate(5_000_000_000)
    with pytest.raises(Invalid, match="The first line .* does not end"):
        csv_native.read(file, Problems(file.name))
    with pytest.raises(Invalid, match="is a device, not a file"):
        csv_native.read(Path("/dev/zero"), Problems("zero"))


@pytest.mark.parametrize("together", [1, 3, 100_000])
def test_a_cell_of_many_lines_that_is_too_long_is_one_problem_that_names_its_record(
    tmp_path, monkeypatch, together
) -> None:
    monkeypatch.setattr(csv_native, "TOGETHER", together)
    cell = 'a line, and "" a quote\n' * 4_000
    content = f'id,name,more\nsw-1,one,x\nsw-2,two,"{cell}"\nsw-3,three,"y\nz"\nsw-4,four,z\nsw-5,five\n'
    rows, wrong = read(tmp_path, content.encode())
    after = 3 + cell.count("\n") + 1
    assert rows[1:] == [
        (2, ["sw-1", "one", "x"]),
        (after, ["sw-3", "three", "y\nz"]),
        (after + 2, ["sw-4", "four", "z"]),
    ]
    assert len(wrong) == 2
    assert "line 3: a cell of 'sw-2' has more than 65,536 characters" in wrong[0]
    assert f"line {after + 3:,}: the row has 2 cells" in wrong[1]


def test_a_quote_that_is_never_closed_in_a_long_file_is_one_problem(tmp_path: Path) -> None:
    rows, wrong = read(tmp_path, b'id,name\nsw-1,one\nsw-2,"two\n' + b"sw-3,three\n" * 9_000)
    assert rows[1:] == [(2, ["sw-1", "one"])]
    assert len(wrong) == 1
    assert "close the quote" in wrong[0]
