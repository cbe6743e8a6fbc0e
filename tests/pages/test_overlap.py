"""Two exports that share days, through the page: told, read again without the shared rows, and back."""

from decimal import Decimal

from tests.pages.screen import texts
from tests.pages.test_upload import SWEDISH, dropped, press, settled

HEAD, *LINES = SWEDISH.splitlines()
FIRST = "\n".join([HEAD, *LINES[:80]]) + "\n"
SECOND = "\n".join([HEAD, *LINES[60:]]) + "\n"


def total(app) -> Decimal:
    return Decimal(app.session_state["workspace"].manifest.amount_sum)


def kept(app) -> list:
    return list(app.session_state["files_kept_to_read_again"].values())


def test_one_click_reads_the_file_again_without_what_was_there_and_one_more_with_it():
    app = settled(press(dropped(("jan.csv", FIRST.encode()), ("mar.csv", SECOND.encode())), "read"))
    assert not app.exception
    assert any("20 rader fanns redan från en tidigare fil" in text for text in [*texts(app), *_cells(app)])
    doubled = total(app)
    assert app.session_state["workspace"].manifest.counts["transactions"] == 140
    assert [file.path.exists() for file in kept(app)] == [True, True]

    app = settled(press(app, "overlap_2"))
    assert not app.exception
    assert app.session_state["workspace"].manifest.counts["transactions"] == 120
    assert total(app) == Decimal("174060.00")
    assert any("lades åt sidan" in cell for cell in _cells(app))

    app = settled(press(app, "overlap_2"))
    assert (app.session_state["workspace"].manifest.counts["transactions"], total(app)) == (140, doubled)

    path = next(file.path for file in kept(app) if file.name == "mar.csv")
    app = press(press(app, "take_out_2"), "take_out_2_yes")
    assert not path.exists()
    assert [file.name for file in kept(app)] == ["jan.csv"]
    assert app.session_state["workspace"].manifest.counts["transactions"] == 80


def _cells(app) -> list[str]:
    return [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
