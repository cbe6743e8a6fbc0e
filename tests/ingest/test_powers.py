"""Ids that a program wrote as numbers with an exponent: made whole where every digit is there, else refused or told."""

import pytest

from tests.ingest.reading import reading


def _sales(ids: list[str]) -> str:
    return "kundnr,datum,belopp\n" + "".join(f'"{i}",2024-03-{n % 28 + 1:02d},1.50\n' for n, i in enumerate(ids))


def test_ids_as_java_writes_them_are_made_whole():
    # Java drops the zeros at the end: 1.23457E7 is 12345700.
    with reading(_sales(["1.2345678E7", "1.23457E7", "9.1234567E7", "123"])) as loaded:
        ids = [row[0] for row in loaded.rows("SELECT customer_id FROM transactions ORDER BY line")]
        assert ids == ["12345678", "12345700", "91234567", "123"]
        assert (loaded.report.outcome, "id_exponent_exact" in loaded.codes) == ("warn", True)


@pytest.mark.parametrize("cell", ["1.23E11", "14.35E+11", "143.5E+11", "1,2E+11"])
def test_ids_whose_digits_are_gone_are_refused(cell: str):
    with reading(_sales([cell, "7350001", "7350002", "7350003"])) as loaded:
        assert loaded.report.outcome == "refuse"
        assert loaded.codes == {"id_exponent"}


@pytest.mark.parametrize("cell", ["12E5", "1E5", "K1.2E5", "1.2E5x"])
def test_ids_that_only_look_like_it_stay_as_they_are(cell: str):
    with reading(_sales([cell, "7350001", "7350002"])) as loaded:
        assert loaded.rows("SELECT customer_id FROM transactions ORDER BY line")[0] == (cell,)
        assert not loaded.codes & {"id_exponent", "id_exponent_exact"}
