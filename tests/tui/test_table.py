"""The table: pages on demand, a cursor that follows its id, marks, columns in cells, hostile text."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tests.tui.pilots import text, until
from tui.present import Piece
from tui.widgets.paint import Brush
from tui.widgets.table import PAGE, WIDEST, Column, Row, Table, fit, heading, word
from tui.widgets.themes import THEMES

COLUMNS = (Column("id", "Id", 12), Column("name", "Name"), Column("more", "More", 10, since=70))


def row(number: int, name: str = "") -> Row:
    return Row(
        f"i-{number:06}", (word(f"i-{number:06}", "strong"), word(name or f"Item {number}"), word("x"))
    )


class Bench(App[None]):
    """A table alone; answers pages unless told to wait."""

    CSS_PATH = "../../tui/app.tcss"

    def __init__(self, rows: Sequence[Row], *, paged: bool = False, answers: bool = True) -> None:
        super().__init__()
        for one in THEMES:
            self.register_theme(one)
        self.theme = "dark"
        self.rows, self.paged, self.answers = list(rows), paged, answers
        self.wanted: list[int] = []

    @property
    def brush(self) -> Brush:
        return Brush(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(("dim", "strong", "info", "rule"), "#808080")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS)

    def on_mount(self) -> None:
        self.table.focus()
        if self.paged:
            self.table.reopen(len(self.rows))
        else:
            self.table.fill(self.rows)

    def on_table_page_wanted(self, event: Table.PageWanted) -> None:
        self.wanted.append(event.offset)
        if self.answers:
            event.table.deliver(event.generation, event.offset, self.rows[event.offset : event.offset + PAGE])


async def test_only_the_pages_that_are_looked_at_are_asked_for() -> None:
    bench = Bench([row(number) for number in range(5_000)], paged=True)
    async with bench.run_test(size=(80, 24)) as pilot:
        await until(lambda: "i-000000" in text(bench))
        assert bench.wanted == [0]
        await pilot.press("end")
        await until(lambda: "i-004999" in text(bench))
        assert bench.wanted == [0, 4_900]
        assert bench.table.current == "i-004999"
        await pilot.press("home", "pagedown", "pagedown")
        assert bench.wanted == [0, 4_900]


async def test_rows_that_are_on_the_way_are_shown_as_such_and_late_answers_are_dropped() -> None:
    bench = Bench([row(number) for number in range(300)], paged=True, answers=False)
    async with bench.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert text(bench).count("···") == 23
        assert bench.table.current == ""
        old = bench.table.generation
        bench.table.reopen(2)
        bench.table.deliver(old, 0, [row(7)])
        await pilot.pause()
        assert "i-000007" not in text(bench)


async def test_the_cursor_stays_on_its_id_when_the_rows_change() -> None:
    bench = Bench([row(number) for number in range(50)])
    async with bench.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "down", "down")
        assert bench.table.current == "i-000003"
        bench.table.fill([row(number) for number in (9, 8, 3, 1)])
        await pilot.pause()
        assert (bench.table.current, bench.table.cursor) == ("i-000003", 2)
        bench.table.fill([row(number) for number in (9, 8)])
        await pilot.pause()
        assert bench.table.current == "i-000008"


async def test_marks_outlive_filters_and_stand_for_the_choice() -> None:
    bench = Bench([row(number) for number in range(9)])
    async with bench.run_test(size=(80, 24)) as pilot:
        assert bench.table.chosen() == ("i-000000",)
        bench.table.mark()
        bench.table.mark()
        await pilot.pause()
        assert bench.table.current == "i-000002"
        bench.table.fill([row(7)])
        await pilot.pause()
        assert bench.table.chosen() == ("i-000000", "i-000001")
        bench.table.unmark()
        assert bench.table.chosen() == ("i-000007",)


async def test_the_cursor_skips_headings() -> None:
    bench = Bench([heading("First", "2"), row(1), Row("", ((),)), heading("Second"), row(2)])
    async with bench.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert bench.table.current == "i-000001"
        await pilot.press("down")
        assert bench.table.current == "i-000002"
        await pilot.press("down")
        assert bench.table.current == "i-000002"


async def test_words_stand_where_there_are_no_rows() -> None:
    bench = Bench([])
    async with bench.run_test(size=(80, 24)) as pilot:
        bench.table.say([(Piece("Nothing here yet."),)])
        await pilot.pause()
        assert "  Nothing here yet." in text(bench).split("\n")
        await pilot.press("down", "up", "end", "pagedown")


async def test_hostile_text_can_neither_restyle_nor_rearrange_the_screen() -> None:
    hostile = "[bold red]x[/] \x1b[2J\x07 a\u202eb\u200b\u2066\ttab\nline"
    bench = Bench([row(1, hostile), row(2, "plain")])
    async with bench.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = text(bench)
        assert "[bold red]x[/]" in shown
        assert "\ufffd[2J\ufffd a\ufffdb\ufffd\ufffd\ufffdtab\ufffdline" in shown
        assert not any(letter in shown for letter in "\x1b\x07\u202e\u200b\u2066\t")


async def test_wide_letters_take_two_cells_and_columns_stay_aligned() -> None:
    bench = Bench(
        [
            row(1, "機械室の北側にある大きな配電盤とその予備の部品の一式をここに置くことにする"),
            row(2, "plain"),
        ]
    )
    async with bench.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        strips = bench.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {80}
        wide, plain = ("".join(one.text for one in strips[line]) for line in (1, 2))
        assert wide.rstrip().endswith("x")
        assert "…" in wide
        assert plain.index("plain") == 15


@given(st.integers(20, 300), st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_columns_share_exactly_the_width_there_is(width: int, sizes: list[int]) -> None:
    columns = [Column(str(place), "", size) for place, size in enumerate(sizes)]
    fitted = fit(columns, width)
    needed = sum(sizes) + len(sizes) + 4 * sizes.count(0)
    taken = sum(size + 1 for _, size in fitted)
    if 0 in sizes and needed <= width:
        assert taken == width or any(size == WIDEST for _, size in fitted[:-1])
    assert all(0 < size <= WIDEST or column.width for column, size in fitted[:-1])
    assert [column.name for column, _ in fitted] == [column.name for column in columns]


def test_the_last_column_takes_what_is_left_for_nothing_stands_beside_it() -> None:
    columns = (Column("id", "Id", 8), Column("text", "About"))
    assert [size for _, size in fit(columns, 200)] == [8, 190]


async def test_a_column_takes_what_its_rows_need_and_never_gives_it_back() -> None:
    bench = Bench([])
    long = Row("long-identifier-of-one", (word("long-identifier-of-one"), word("Long")))
    async with bench.run_test(size=(80, 12)) as pilot:
        bench.table.restyle((Column("id", "Id", 20, least=6), Column("name", "Name")))
        bench.table.fill([row(1, "Short")])
        await pilot.pause()
        assert text(bench).split("\n")[1].index("Short") == len("  i-000001 ")
        bench.table.fill([long])
        await pilot.pause()
        assert text(bench).split("\n")[1].startswith("  long-identifier-of-… Long")
        bench.table.fill([row(1, "Short")])
        await pilot.pause()
        assert text(bench).split("\n")[1].index("Short") == 2 + 20 + 1


async def test_rows_that_come_above_leave_the_cursor_in_its_line_of_the_screen() -> None:
    bench = Bench([row(number) for number in range(10, 200)])
    async with bench.run_test(size=(80, 12)) as pilot:
        bench.table.move(60)
        await pilot.pause()
        stood = bench.table.current
        line = next(place for place, one in enumerate(text(bench).split("\n")) if stood in one)
        bench.table.fill([row(number) for number in range(200)])
        await pilot.pause()
        assert bench.table.current == stood
        assert stood in text(bench).split("\n")[line]


async def test_a_row_that_is_gone_stays_once_where_it_is_to_be_kept() -> None:
    bench = Bench([row(number) for number in range(5)])
    async with bench.run_test(size=(80, 12)) as pilot:
        bench.table.move(2)
        without = [row(number) for number in (0, 1, 3, 4)]
        bench.table.keep_row()
        bench.table.fill(without)
        await pilot.pause()
        assert (bench.table.cursor, bench.table.current, bench.table.count()) == (2, "i-000002", 5)
        bench.table.fill(without)
        assert (bench.table.current, bench.table.count()) == ("i-000003", 4)
