"""The whole order's sum on each of its lines, where price and number of pieces say what the line itself was."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from insight.ingest.options import ReadOptions
from insight.result import Message

if TYPE_CHECKING:
    from insight.ingest.mapping import Mapped

_FEWEST = 4
_AGREE = 0.9
_PLAIN = re.compile(r"[-\u2212]?\d+(?:[.,]\d{1,4})?")


def by_lines(mapped: Mapped, rows: Sequence[Sequence[str]], options: ReadOptions) -> Mapped:
    """The mapping without an amount that is the order's on each of its lines, so that price × pieces counts.

    It must be the same on all lines of nearly every order with several, and be what the lines of nearly every order
    come to; and some orders must have lines of different worth. What the user has said stays.
    """
    needed = ("order_id", "amount", "unit_price", "quantity")
    said = "amount" in options.mapping or mapped.pair
    if mapped.kind != "transactions" or said or not all(name in mapped.fields for name in needed):
        return mapped
    order, *places = (mapped.fields[name] for name in needed)
    orders: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for row in rows:
        total, price, pieces = (_number(row[at]) for at in places)
        if row[order].strip() and total is not None and price is not None and pieces is not None:
            orders[row[order].strip()].append((total, price * pieces))
    several = [lines for lines in orders.values() if len(lines) > 1]
    same = [lines for lines in several if len({total for total, _ in lines}) == 1]
    unlike = sum(len({own for _, own in lines}) > 1 for lines in same)
    agree = sum(lines[0][0] == sum(own for _, own in lines) for lines in same)
    if len(several) < _FEWEST or min(len(same), agree) < _AGREE * len(several) or unlike < 0.5 * len(same):
        return mapped
    choices = list(mapped.choices)
    choices[places[0]] = replace(choices[places[0]], field="", reason=Message("ingest.reason_attribute"), score=0.0)
    fields = {name: at for name, at in mapped.fields.items() if name != "amount"}
    return replace(mapped, fields=fields, choices=tuple(choices), told={**mapped.told, "order_on_lines": places[0]})


def _number(cell: str) -> Decimal | None:
    """A number without marks for thousands; None for another cell."""
    plain = re.sub(r"[\s\u00a0\u202f]|kr$", "", cell[:40])
    return Decimal(plain.replace(",", ".").replace("\u2212", "-")) if _PLAIN.fullmatch(plain) else None
