"""Files through the page: dropped, taken for something, read, refused, mapped by hand, taken out again."""

from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from insight.workspace.store import SourceFile
from tests.pages.screen import headline, opened, texts
from ui import nav
from ui.reading import Job

SWEDISH = "kundnr;köpdatum;ordernr;belopp\n" + "".join(
    f"{number % 40:05};2024-{1 + number % 12:02}-{1 + number % 28:02};A{number};1 {number % 10}00,50 kr\n"
    for number in range(120)
)
CUSTOMERS = "kundnr;namn;ort;samtycke e-post\n" + "".join(f"{n:05};Åsa Öberg {n};Umeå;ja\n" for n in range(45))


def dropped(*files: tuple[str, bytes], lang: str = "sv") -> AppTest:
    app = opened("data/upload", lang=lang)
    for name, data in files:
        app.file_uploader[0].upload(name, data, "text/csv").run()
    return app


def press(app: AppTest, key: str) -> AppTest:
    next(button for button in app.button if button.key == key).click()
    return app.run()


def settled(app: AppTest) -> AppTest:
    """The app when what is being read is read: on a slow machine it goes on beside the page."""
    while "reading_job" in app.session_state and app.session_state["reading_job"] is not None:
        app.session_state["reading_job"].wait(30)
        app.run()
    return app


def loaded(lang: str = "sv") -> AppTest:
    files = (("kvitton.csv", SWEDISH.encode("cp1252")), ("kunder.csv", CUSTOMERS.encode("utf-8-sig")))
    return settled(press(dropped(*files, lang=lang), "read"))


@cache
def walker() -> AppTest:
    """One visitor with files of their own, who walks from page to page."""
    return loaded()


def test_a_dropped_file_is_taken_for_something_before_it_is_read():
    app = dropped(("kvitton.csv", SWEDISH.encode("cp1252")))
    said = texts(app)
    assert "kvitton.csv" in said
    assert any(text.startswith("Läses som Transaktioner") for text in said)
    assert app.session_state["workspace"].manifest.demo, "nothing is read before the user says so"


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_two_files_of_two_kinds_replace_the_demo_company(lang: str):
    app = loaded(lang)
    assert not app.exception
    counts = app.session_state["workspace"].manifest.counts
    assert (counts["transactions"], counts["customers"]) == (120, 45)
    assert not app.session_state["workspace"].manifest.demo
    # 12 × 10 lines whose amounts run 1000.50 … 1900.50: each tail digit twelve times.
    assert app.session_state["workspace"].manifest.amount_sum == "174060.00"
    assert "165" in headline(app)


@pytest.mark.parametrize("page", [f"{entry.section}/{entry.name}" for entry in nav.entries()])
def test_every_page_opens_on_uploaded_files(page: str):
    app = walker()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert "Något gick fel hos oss" not in texts(app)
    assert headline(app)


def test_a_refused_file_says_what_and_leaves_the_rest():
    app = loaded()
    app.file_uploader[0].upload("fel.csv", b"<html><body>Inte en tabell</body></html>", "text/csv").run()
    said = " ".join(texts(app)).lower()
    assert "html" in said
    assert app.session_state["workspace"].manifest.counts["transactions"] == 120


def test_a_file_can_be_taken_out_again():
    app = loaded()
    before = len(app.session_state["workspace"].manifest.files)
    press(app, "take_out_1")
    press(app, "take_out_1_yes")
    assert len(app.session_state["workspace"].manifest.files) == before - 1


def test_the_users_choice_of_kind_wins():
    app = dropped(("kunder.csv", CUSTOMERS.encode()))
    app.selectbox(key="kind_0").set_value("customers").run()
    app = settled(press(app, "read"))
    assert app.session_state["workspace"].manifest.files[0].kind == "customers"


def test_the_name_of_a_file_is_never_markdown_nor_a_path():
    app = dropped(("../../![x](https://tracker.example/x.png).csv", SWEDISH.encode()))
    written = [element.value for element in app.subheader]
    assert any("tracker" in text for text in written)
    assert not any("](https" in text.replace("\\]", "") for text in written)


def test_a_file_of_the_import_folder_is_read_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KUNDKOMPASS_IMPORT", str(tmp_path))
    file = tmp_path / "kvitton.csv"
    file.write_bytes(SWEDISH.encode("cp1252"))
    app = opened("data/upload")
    app.multiselect[0].select("kvitton.csv").run()
    app = settled(press(press(app, "folder_take"), "read"))
    assert app.session_state["workspace"].manifest.counts["transactions"] == 120
    assert file.read_bytes() == SWEDISH.encode("cp1252")


def test_next_month_is_read_as_this_month_until_that_is_undone():
    strange = SWEDISH.replace("belopp", "X17")
    app = dropped(("jan.csv", strange.encode()))
    app.selectbox(key="vat_0").set_value("included").run()
    app = settled(press(app, "read"))
    again = strange.replace("2024-", "2025-").encode()
    app.file_uploader[0].upload("feb.csv", again, "text/csv").run()
    assert any("Läst som förra gången" in said and "belopp med moms" in said for said in texts(app))
    app = press(app, "read_anew_0")
    assert not any("Läst som förra gången" in said for said in texts(app))


def test_what_is_chosen_for_one_file_holds_for_its_like():
    files = [
        (f"{month}.csv", SWEDISH.replace("2024-", year).encode()) for month, year in (("a", "2023-"), ("b", "2022-"))
    ]
    app = dropped(*files)
    app.selectbox(key="vat_0").set_value("included").run()
    app = settled(press(app, "read"))
    with app.session_state["workspace"].query() as query:
        assert query.rows("SELECT vat, count(*) FROM transactions GROUP BY vat") == [("included", 240)]


@pytest.mark.parametrize(("lang", "said"), [("sv", "Filen läses fortfarande in."), ("en", "The file is still being")])
def test_who_leaves_the_page_while_a_file_is_read_is_told_what_the_figures_are_of(tmp_path: Path, lang: str, said: str):
    """A file that takes far longer than the page, and is stopped in the end."""
    path = tmp_path / "kvitton.csv"
    head, *lines = SWEDISH.splitlines()
    path.write_text("\n".join([head, *lines * 3000]), encoding="cp1252")
    app = opened("customers/overview", lang=lang)
    assert not any(said in text for text in texts(app))
    job = Job([SourceFile(path, path.name)], None)
    app.session_state["reading_job"] = job
    app.run()
    job.cancel()
    assert any(said in text for text in texts(app))
    assert job.wait(60)
    app = settled(app)
    assert not app.exception
    assert not any(said in text for text in texts(app))
