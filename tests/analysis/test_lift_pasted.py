"""Totals pasted from a sheet: headers or none, Swedish and English numbers, and what is refused by name."""

import pytest

from insight.analysis.lift_pasted import Line, read_pasted
from insight.errors import InsightError

SOURCE = [Line("sms", 200_000, 120, 54_000, None, 0.1), Line("brev", 200_000, 2935, 1_320_750, None, 6)]
NB = "\u00a0"


@pytest.mark.parametrize(
    "pasted",
    [
        "Grupp\tKunder\tKöpare\tFörsäljning\tKvadratsumma\tKostnad per kontakt\n"
        f"sms\t200{NB}000\t120\t54{NB}000,00\t\t0,1"
        f"\nbrev\t200{NB}000\t2{NB}935\t1{NB}320{NB}750,00\t\t6",
        "Group\tCustomers\tBuyers\tSales\tCost\nsms\t200,000\t120\t54,000.00\t0.1\nbrev\t200,000\t2,935\t1,320,750\t6",
        "sms;200.000;120;54.000;;0,1\nbrev;200.000;2.935;1.320.750;;6",
        "sms,200000,120,54000,,0.1\nbrev,200000,2935,1320750,,6\n",
        # other columns between, the header in another order, units in heads and cells, a row of sums
        "Namn\tFörsäljning (kr)\tRubrik\tAntal köpare\tAntal kunder\tKostnad\n"
        "sms\t54 000 kr\tHej\t120\t200 000\t0,10 kr\n"
        "brev\t1 320 750 kr\tHej\t2 935\t200 000\t6,00 kr\nTotalt\t1 374 750 kr\t\t3 055\t400 000\t",
    ],
)
def test_a_sheet_reads_the_same_however_it_is_written(pasted):
    assert read_pasted(pasted) == SOURCE


def test_sums_of_squares_are_read_also_as_excel_shortens_them():
    assert read_pasted("a\t10\t2\t50\t1 300\nb\t10\t2\t50\t1,3E+03")[1].squares == 1300


def test_an_arm_called_total_that_is_no_sum_stays():
    assert [line.arm for line in read_pasted("a\t10\t2\t50\ntotal\t9\t2\t50")] == ["a", "total"]


@pytest.mark.parametrize(
    ("pasted", "key", "named"),
    [
        ("", "lift.totals_missing", {}),
        ("a\t10\t2\tmycket", "lift.totals_not_a_number", {"arm": "a", "value": "mycket"}),
        ("a\t10\t2\nb\t10\t2\t3", "lift.totals_fields", {"arm": "a"}),
        ("Grupp\tKunder\tOmsättning\na\t10\t50", "lift.pasted_missing", {"known": "köpare"}),
    ],
)
def test_what_cannot_be_read_is_named(pasted, key, named):
    with pytest.raises(InsightError) as refused:
        read_pasted(pasted)
    assert refused.value.key == key
    assert {name: refused.value.values[name] for name in named} == named
