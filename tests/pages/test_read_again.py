"""A loaded file is read in another way: in one click, by any choice, and the rows stay until that has succeeded."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from insight.errors import IngestError
from insight.ingest import load
from insight.ingest.report import FileMessage, FileReport
from insight.workspace.store import Workspace
from tests.pages.screen import opened, texts
from tests.pages.test_upload import dropped, press, settled

# The third of April or the fourth of March: no number is above 12.
EITHER = "kundnr;köpdatum;ordernr;belopp\n" + "".join(f"{n};03/{n:02}/2024;A{n};100,00\n" for n in range(1, 13))
# Customers by the first rows; further down each of them comes again and again.
CROWD = "campaign_id,household_id\n" + "".join(f"{1 + n // 600},{n % 600}\n" for n in range(6000))


def read(data: str = EITHER, lang: str = "sv") -> AppTest:
    return settled(press(dropped(("köp.csv", data.encode()), lang=lang), "read"))


def again(app: AppTest, key: str) -> AppTest:
    return settled(press(app, key))


def days(app: AppTest) -> list[str]:
    with app.session_state["workspace"].query() as query:
        found = query.one("SELECT min(ordered_at), max(ordered_at), count(*) FROM transactions")
    return [str(found[0])[:10], str(found[1])[:10], str(found[2])]


def keys(app: AppTest) -> list[str]:
    return [button.key for button in app.button]


def currency(app: AppTest) -> str:
    return app.session_state["workspace"].manifest.currency


@pytest.mark.parametrize(("lang", "label"), [("sv", "Läs som månad först"), ("en", "Read as month first")])
def test_the_other_order_of_the_day_is_one_click_away_and_one_back(lang: str, label: str):
    app = read(lang=lang)
    assert days(app) == ["2024-01-03", "2024-12-03", "12"]
    assert label in texts(app)
    app = again(app, "day_first_of_1")
    assert not app.exception
    assert days(app) == ["2024-03-01", "2024-03-12", "12"]
    app.button(key="again_1").click().run()
    assert app.selectbox(key="day_first_again_1").value == "no", "what was chosen is filled in"
    app.selectbox(key="day_first_again_1").set_value("").run()
    app = again(app, "read_again_1")
    assert days(app) == ["2024-01-03", "2024-12-03", "12"]


def test_what_was_called_off_counts_by_one_click_and_is_set_aside_by_one_more():
    """Twelve orders of 100 kr, three of them called off and two not paid yet."""
    words = {3: "Makulerad", 6: "Makulerad", 9: "Avbruten", 4: "Obetald", 8: "Obetald"}
    rows = "".join(f"{n};2024-03-{n + 10};100,00;{words.get(n, 'Klar')}\n" for n in range(1, 13))
    app = read("kundnr;köpdatum;belopp;status\n" + rows)

    def total() -> Decimal:
        return Decimal(app.session_state["workspace"].manifest.amount_sum)

    assert total() == 900
    app = again(app, "aside_cancelled_of_1")
    assert not app.exception
    assert total() == 1200
    app = again(app, "status_waiting_of_1")
    assert total() == 700
    app = again(app, "aside_waiting_of_1")
    assert total() == 900


def test_two_months_by_different_rules_are_told_of_until_both_have_the_same():
    month = "kundnr;köpdatum;belopp;status\n" + "".join(
        f"{n};2024-{{}}-{n + 10};100,00;{'Makulerad' if n < 3 else 'Klar'}\n" for n in range(1, 10)
    )
    files = (("mars.csv", month.format(*["03"] * 9).encode()), ("april.csv", month.format(*["04"] * 9).encode()))
    app = settled(press(dropped(*files), "read"))
    told = "1 av 2 filer räknar köp som inte blev av"
    assert told not in " ".join(texts(app))
    app = again(app, "aside_cancelled_of_2")
    assert told in " ".join(texts(app))
    app = again(app, "aside_cancelled_of_1")
    assert told not in " ".join(texts(app))


def test_every_choice_can_be_changed_afterwards_and_nothing_is_until_the_button():
    app = press(read(), "again_1")
    assert "Läsningen ändras" in " ".join(texts(app))
    app.text_input(key="currency_again_1").set_value("eur").run()
    app.selectbox(key="vat_again_1").set_value("included").run()
    assert (currency(app), days(app)[2]) == ("SEK", "12")
    app = press(app, "leave_1")
    assert (currency(app), days(app)[2]) == ("SEK", "12")
    app = press(app, "again_1")
    assert app.text_input(key="currency_again_1").value == "", "what was left is not kept"
    app.text_input(key="currency_again_1").set_value("EUR").run()
    app = again(app, "read_again_1")
    assert (currency(app), days(app)[2]) == ("EUR", "12")
    assert "take_out_1" in keys(app)


def test_a_second_reading_that_is_refused_loses_nothing_and_says_so_on_the_card(monkeypatch: pytest.MonkeyPatch):
    app = read()
    monkeypatch.setattr(
        load, "read_into", lambda *_, name, **__: FileReport(name, messages=(FileMessage("header_only", "error"),))
    )
    app = again(app, "day_first_of_1")
    assert not app.exception
    assert days(app) == ["2024-01-03", "2024-12-03", "12"]
    assert any("Filen har rubriker men inga rader" in said for said in texts(app))
    monkeypatch.undo()
    app = again(app, "read_again_1")
    assert days(app) == ["2024-03-01", "2024-03-12", "12"]
    assert not any("Filen har rubriker men inga rader" in said for said in texts(app))


def test_a_second_reading_that_is_stopped_changes_nothing_and_can_be_begun_again(monkeypatch: pytest.MonkeyPatch):
    app = read()

    def stopped(*_: object, **__: object) -> FileReport:
        raise IngestError("ingest.cancelled")

    monkeypatch.setattr(load, "read_into", stopped)
    app = again(app, "day_first_of_1")
    assert not app.exception
    assert any("Läsningen avbröts. Ingenting ändrades." in said for said in texts(app))
    assert days(app) == ["2024-01-03", "2024-12-03", "12"]
    app = press(app, "leave_1")
    assert "day_first_of_1" in keys(app)


def test_a_file_that_is_no_longer_here_is_asked_for_and_only_the_same_is_taken():
    app = read()
    (held,) = app.session_state["files_kept_to_read_again"].values()
    held.path.unlink()
    app.run()
    assert "day_first_of_1" not in keys(app)
    app = press(app, "again_1")
    assert any("Filen finns inte kvar att läsa om" in said for said in texts(app))
    app.file_uploader[-1].upload("annan.csv", EITHER.replace("A1", "B1").encode(), "text/csv").run()
    assert any("Det är en annan fil" in said for said in texts(app))
    app.file_uploader[-1].upload("köp.csv", EITHER.encode(), "text/csv").run()
    app.selectbox(key="day_first_again_1").set_value("no").run()
    app = again(app, "read_again_1")
    assert days(app) == ["2024-03-01", "2024-03-12", "12"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("KUNDKOMPASS_IMPORT", str(tmp_path))
    yield tmp_path


def test_a_file_of_the_import_folder_is_read_again_where_it_lies_and_left_there(folder: Path):
    own = folder / "köp.csv"
    own.write_bytes(EITHER.encode())
    app = opened("data/upload")
    app.multiselect[0].select("köp.csv").run()
    app = settled(press(press(app, "folder_take"), "read"))
    app = again(app, "day_first_of_1")
    assert days(app) == ["2024-03-01", "2024-03-12", "12"]
    app = press(press(app, "take_out_1"), "take_out_1_yes")
    assert own.read_bytes() == EITHER.encode()


def test_the_page_never_speaks_of_the_command_line():
    app = read()
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    assert any("säger ingen valuta" in cell for cell in cells)
    assert not any("kommandorad" in said or "currency=" in said for said in [*texts(app), *cells])


@pytest.mark.parametrize(("lang", "badge"), [("sv", "Inte läst"), ("en", "Not read")])
def test_a_refused_file_says_so_in_its_card_and_takes_its_error_along(lang: str, badge: str):
    app = dropped(("campaigns.csv", CROWD.encode()), lang=lang)
    app = settled(press(app, "read"))
    assert any(said.endswith(badge) for said in texts(app))
    assert len(app.error) == 1
    assert "household" in app.error[0].value, "the reason"
    assert "read" not in keys(app)
    assert app.session_state["workspace"].manifest.demo
    app.selectbox(key="decimal_0").set_value(".").run()
    assert len(app.error) == 0, "as it is chosen anew it has not been refused"
    app = settled(press(app, "read"))
    assert len(app.error) == 1
    app = press(app, "drop_all")
    assert len(app.error) == 0


def test_taking_a_file_out_says_what_was_saved_and_will_be_counted_again():
    app = read()
    workspace: Workspace = app.session_state["workspace"]
    assert not any("räknas om" in said for said in texts(press(app, "take_out_1")))
    app = press(app, "take_out_1_no")
    (workspace.folder / "recipe.json").write_text(
        '{"kundkompass_recipe": 1, "audiences": [{"name": "A", "link": "segments.rfm;@segment=champions"},'
        ' {"name": "B", "link": "segments.rfm"}], "story": [{"page": "overview"}]}',
        encoding="utf-8",
    )
    said = " ".join(texts(press(app, "take_out_1")))
    assert "2 sparade urval och 1 fynd i berättelsen räknas om utan den och kan ändras." in said


@pytest.mark.parametrize(
    ("lang", "holds", "warned"),
    [("sv", "byt plats på plus och minus, som förra gången", "plus och minus byts"),
     ("en", "swap plus and minus, as the last time", "plus and minus")],
)  # fmt: skip
def test_what_an_earlier_file_decides_is_told_as_a_warning_and_shown_where_it_is_chosen(lang, holds, warned):
    app = dropped(("köp.csv", EITHER.encode()), lang=lang)
    app.selectbox(key="signs_0").set_value("swap").run()
    app = settled(press(app, "read"))
    later = EITHER.replace("/2024", "/2025").encode()
    app.file_uploader[0].upload("nya köp.csv", later, "text/csv").run()
    chosen = app.selectbox(key="signs_0")
    assert chosen.options[chosen.index] == holds
    assert any(":orange[:material/warning:]" in said.value and warned in said.value for said in app.markdown)
    chosen.set_value("keep").run()
    app = settled(press(app, "read"))
    with app.session_state["workspace"].query() as query:
        sums = query.rows("SELECT sum(amount) FROM transactions GROUP BY file_id ORDER BY file_id")
    assert sums == [(-1200,), (1200,)]
