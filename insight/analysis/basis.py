"""Why this number: the account of rows and money that stands behind a figure of sales or customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from insight.result import Basis, Message, SumCheck
from insight.workspace.engine import Query, money

# Rows and money of all, then of those outside the period or without a customer; the rest is used. One pass without
# groups: a class of text for every order would cost more than the sums.
_ACCOUNT = """
    SELECT
        sum(n_lines) AS n_rows,
        sum(sales) AS sales,
        sum(CASE WHEN ordered_on < $start THEN n_lines END) AS n_earlier,
        sum(CASE WHEN ordered_on < $start THEN sales END) AS earlier,
        sum(CASE WHEN (ordered_on < $start) IS NOT TRUE AND ordered_on >= $end THEN n_lines END) AS n_later,
        sum(CASE WHEN (ordered_on < $start) IS NOT TRUE AND ordered_on >= $end THEN sales END) AS later,
        sum(CASE WHEN (ordered_on < $start) IS NOT TRUE AND ordered_on < $end AND customer_id IS NULL THEN n_lines END)
            AS n_unidentified,
        sum(CASE WHEN (ordered_on < $start) IS NOT TRUE AND ordered_on < $end AND customer_id IS NULL THEN sales END)
            AS unidentified
    FROM orders
"""
_WITHIN = _ACCOUNT.replace("FROM orders", "FROM orders WHERE customer_id IN (SELECT customer_id FROM scope)")
_CHOSEN = _ACCOUNT.replace("FROM orders", "FROM chosen_orders")
_ALL = "SELECT sum(n_lines) AS n_rows, sum(sales) AS sales FROM orders"
_OUTSIDE = ("earlier", "later", "unidentified")
_EVERYTHING = ("account", "everything")
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


def account(query: Query, start: date | None, end: date, *, chosen: bool = False) -> Account:
    """The account of all transactions for a period [start, end); `start` None means from the first one.

    chosen: the scope's orders stand in the table `chosen_orders` already.
    """
    text = _CHOSEN if chosen else _WITHIN if query.scoped else _ACCOUNT
    found = query.one(text, start=start, end=end)
    (n_rows, sales), *outside = [(int(n or 0), money(part)) for n, part in zip(found[::2], found[1::2], strict=True)]
    counted: dict[str, tuple[int, Decimal]] = dict(zip(_OUTSIDE, outside, strict=True))
    counted["used"] = n_rows - sum(n for n, _ in outside), sales - sum((part for _, part in outside), Decimal(0))
    if query.scoped:
        all_rows, all_sales = _everything(query)
        counted["out_of_scope"] = all_rows - n_rows, all_sales - sales
    held = {reason: part for reason, part in counted.items() if part[0]}
    return Account({reason: n for reason, (n, _) in held.items()}, {reason: part for reason, (_, part) in held.items()})


def _everything(query: Query) -> tuple[int, Decimal]:
    """Rows and money of all transactions, whatever the scope."""
    if _EVERYTHING not in query.kept:
        query.kept[_EVERYTHING] = query.one(_ALL)
    n_rows, sales = query.kept[_EVERYTHING]
    return int(n_rows or 0), money(sales)


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
