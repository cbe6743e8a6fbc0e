"""Why this number: the account of rows and money that stands behind a figure of sales or customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.result import Basis, Message, SumCheck
from insight.workspace.engine import Query, money

_ACCOUNT = """
    SELECT reason, sum(n_lines) AS n_rows, sum(sales) AS sales
    FROM (
        SELECT
            n_lines,
            sales,
            CASE
                WHEN $scoped AND (customer_id IS NULL OR customer_id NOT IN (SELECT customer_id FROM scope))
                THEN 'out_of_scope'
                WHEN ordered_on < $start THEN 'earlier'
                WHEN ordered_on >= $end THEN 'later'
                WHEN customer_id IS NULL THEN 'unidentified'
                ELSE 'used'
            END AS reason
        FROM orders) AS sorted
    GROUP BY reason
"""
_CLOSED_DAYS = 3
_CLOSED_SHARE = 0.02
_LEFT_OUT = ("earlier", "later", "unidentified", "out_of_scope")


@dataclass(frozen=True)
class Account:
    """Every transaction in exactly one place: rows and money by 'used', or by the reason it stands outside."""

    rows: Mapping[str, int]
    sales: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        """All sales of the period within the scope, with or without a customer."""
        return self.sales.get("used", Decimal("0.00")) + self.unidentified

    @property
    def unidentified(self) -> Decimal:
        """The period's sales without a customer id."""
        return self.sales.get("unidentified", Decimal("0.00"))


def account(query: Query, start: date | None, end: date) -> Account:
    """The account of all transactions for a period [start, end); `start` None means from the first one."""
    found = query.rows(_ACCOUNT, start=start, end=end)
    return Account({reason: int(n) for reason, n, _ in found}, {reason: money(sales) for reason, _, sales in found})


def basis(
    found: Account, start: date | None, end: date, *, rule: Message, formula: str, parts: Mapping[str, Decimal],
    n_customers: int | None = None, with_unidentified: bool = False,
) -> Basis:  # fmt: skip
    """The basis of a figure whose identified sales are made up of `parts`; unidentified sales are added as their own.

    with_unidentified: rows without a customer count as used, where the figure is about all sales.
    """
    counted = ("used", "unidentified") if with_unidentified else ("used",)
    left_out = {reason: found.rows[reason] for reason in _LEFT_OUT if found.rows.get(reason) and reason not in counted}
    check = dict(parts)
    if found.unidentified or "unidentified" in found.rows:
        check["unidentified"] = found.unidentified
    return Basis(
        start, end, sum(found.rows.get(reason, 0) for reason in counted), left_out, rule, formula,
        SumCheck(found.total, check), n_customers,
    )  # fmt: skip


def covers(first: date, start: date, end: date) -> bool:
    """Whether data that begin on `first` cover [start, end), so that it can be compared with another period.

    A shop may be closed on the first days: three days, or 2 % of the period, may be missing.
    """
    return (first - start).days <= max(_CLOSED_DAYS, _CLOSED_SHARE * (end - start).days)


def frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a small table. A column with gaps keeps its whole numbers and None; full columns get their own type."""
    table = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    for name in table.columns:
        if not any(value is None for value in table[name]):
            table[name] = table[name].infer_objects()
    return table


def share(part: Decimal | float, whole: Decimal | float) -> float | None:
    """Part of whole as a ratio; None where the whole is 0 or less, so that no share is shown of nothing."""
    return float(part) / float(whole) if whole > 0 else None


def part(some: Decimal, whole: Decimal) -> float | None:
    """A part that lies within its whole, as a ratio; None where returns carry it outside 0 to 1."""
    found = share(some, whole)
    return found if found is not None and 0 <= found <= 1 else None


def per(total: Decimal, n: int) -> Decimal | None:
    """Money per one of n, rounded to the öre; None where there is none."""
    return money(total / n) if n else None
