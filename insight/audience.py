"""Audiences: a selection of customers as a recipe, not a list.

A `Mark` says which analysis, with which settings, which mark, within which scope; `Combined` joins audiences by and,
or, not. Both resolve to customer ids by SQL, have a link form (never a customer's id) and a sentence in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, unquote

import pyarrow as pa

from insight.analysis import registry
from insight.errors import UsageError
from insight.workspace.engine import Query
from insight.workspace.store import Workspace

Pairs = tuple[tuple[str, str], ...]
MAX_LINK = 4_000


@dataclass(frozen=True)
class Mark:
    """The customers behind one mark of one analysis. Settings and mark are text, sorted by name."""

    analysis: str
    settings: Pairs = ()
    mark: Pairs = ()
    within: Audience | None = None

    def link(self) -> str:
        """The string that `--scope` and the URL take."""
        parts = [self.analysis]
        parts += [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.settings]
        parts += [f"@{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.mark]
        text = ";".join(parts)
        return f"within({text}|{self.within.link()})" if self.within else text


@dataclass(frozen=True)
class Combined:
    """Audiences joined: 'and', 'or', or 'not' (the first without the others; alone: everybody else)."""

    operator: Literal["and", "or", "not"]
    parts: tuple[Audience, ...]

    def link(self) -> str:
        """The string that `--scope` and the URL take."""
        return f"{self.operator}({'|'.join(part.link() for part in self.parts)})"


Audience = Mark | Combined


def pairs(values: Mapping[str, object]) -> Pairs:
    """A mapping as sorted pairs of text, None and empty left out."""
    return tuple(sorted((name, str(value)) for name, value in values.items() if value is not None and value != ""))


def parse(link: str) -> Audience:
    """The audience of a link. Raises UsageError when the text is not one, or names an unknown analysis or mark."""
    if len(link) > MAX_LINK:
        raise UsageError("audience.not_a_link")
    audience, rest = _parse(link)
    if rest:
        raise UsageError("audience.not_a_link")
    return audience


def _parse(text: str) -> tuple[Audience, str]:
    for operator in ("and", "or", "not", "within"):
        if text.startswith(f"{operator}("):
            parts: list[Audience] = []
            rest = text[len(operator) + 1 :]
            while True:
                part, rest = _parse(rest)
                parts.append(part)
                if rest.startswith("|"):
                    rest = rest[1:]
                elif rest.startswith(")"):
                    rest = rest[1:]
                    break
                else:
                    raise UsageError("audience.not_a_link")
            if operator == "within":
                if len(parts) != 2 or not isinstance(parts[0], Mark):
                    raise UsageError("audience.not_a_link")
                return Mark(parts[0].analysis, parts[0].settings, parts[0].mark, parts[1]), rest
            return Combined(operator, tuple(parts)), rest
    end = min((i for i in (text.find("|"), text.find(")")) if i >= 0), default=len(text))
    return _parse_mark(text[:end]), text[end:]


def _parse_mark(text: str) -> Mark:
    key, *parts = text.split(";")
    analysis = registry.find(key)
    settings: dict[str, str] = {}
    mark: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            raise UsageError("audience.not_a_link")
        if name.startswith("@"):
            mark[unquote(name[1:])] = unquote(value)
        else:
            settings[unquote(name)] = unquote(value)
    _check_marks(analysis, mark)
    return Mark(key, pairs(settings), pairs(mark))


def _check_marks(analysis: registry.Analysis, mark: Mapping[str, str]) -> None:
    if analysis.members is None:
        raise UsageError("audience.no_customers", value=analysis.key)
    for name in mark:
        if name not in analysis.marks:
            raise UsageError("audience.unknown_mark", name=name, known=", ".join(analysis.marks))


def scoped_query(workspace: Workspace, scope: Audience | None) -> Query:
    """A query that sees only the scope's customers (all, and unidentified sales, without one).

    Raises InsightError when the audience cannot be resolved on this data.
    """
    if scope is None:
        return workspace.query()
    return scoped_to(workspace, scope, customer_ids(workspace, scope))


def scoped_to(workspace: Workspace, scope: Audience, ids: pa.Table) -> Query:
    """The same, with the scope's customers as they were found before: one column `customer_id`."""
    query = workspace.query()
    query.put("scope", ids)
    query.scoped = True
    query.scope_marks = tuple((mark.analysis, dict(mark.settings), dict(mark.mark)) for mark in marks_of(scope))
    return query


def asked_by(audience: Audience | None) -> str:
    """The key of the analysis whose mark it is, after which a list of its customers names its columns; else ''."""
    return audience.analysis if isinstance(audience, Mark) else ""


def marks_of(audience: Audience) -> tuple[Mark, ...]:
    """Every mark that an audience was made from, those that it stands within among them."""
    if isinstance(audience, Mark):
        return (audience, *(marks_of(audience.within) if audience.within else ()))
    return tuple(mark for part in audience.parts for mark in marks_of(part))


def customer_ids(workspace: Workspace, audience: Audience) -> pa.Table:
    """The audience's distinct customer ids: one column `customer_id`, sorted."""
    if isinstance(audience, Mark):
        query, condition, bound = _found(workspace, audience)
        with query:
            return query.arrow(
                f"SELECT DISTINCT customer_id FROM members WHERE {condition} ORDER BY customer_id",  # noqa: S608
                **bound,
            )
    found = [customer_ids(workspace, part) for part in audience.parts]
    with workspace.query() as query:
        query.put("result", found[0])
        if audience.operator == "not" and len(found) == 1:
            query.make(
                "result",
                "SELECT customer_id FROM customer_facts WHERE customer_id NOT IN (SELECT customer_id FROM result)",
            )
        for other in found[1:]:
            query.put("other", other)
            query.make("result", _COMBINE[audience.operator])
        return query.arrow("SELECT DISTINCT customer_id FROM result ORDER BY customer_id")


_COMBINE = {
    "and": "SELECT customer_id FROM result WHERE customer_id IN (SELECT customer_id FROM other)",
    "or": "SELECT customer_id FROM result UNION SELECT customer_id FROM other",
    "not": "SELECT customer_id FROM result WHERE customer_id NOT IN (SELECT customer_id FROM other)",
}


def select(workspace: Workspace, mark: Mark) -> Query:
    """A query that holds the mark's customers in the temporary table `selected`, one row a customer.

    Where a customer stands in several of the marks that are asked for together, counts and money are added up.
    The caller closes the query.
    """
    query, condition, bound = _found(workspace, mark)
    query.make("selected", f"SELECT * FROM members WHERE {condition}", **bound)  # noqa: S608
    total, distinct = query.one("SELECT count(*), count(DISTINCT customer_id) FROM selected")
    if total != distinct:
        query.make("selected", _collapsed(query))
    return query


def _found(workspace: Workspace, mark: Mark) -> tuple[Query, str, dict[str, Any]]:
    """A query with `members` of the mark's analysis, and the condition of the mark on them with its parameters."""
    analysis = registry.find(mark.analysis)
    values = dict(mark.mark)
    _check_marks(analysis, values)
    query = scoped_query(workspace, mark.within)
    assert analysis.members is not None
    analysis.members(query, registry.settings_for(query, analysis, dict(mark.settings)))
    conditions = [f'cast("{name}" AS VARCHAR) = $mark_{i}' for i, name in enumerate(values)]
    bound = {f"mark_{i}": value for i, value in enumerate(values.values())}
    return query, " AND ".join(conditions) or analysis.listed, bound


def _collapsed(query: Query) -> str:
    """One row a customer: numbers named n_… and money added up, marks that differ dropped."""
    described = query.rows("SELECT column_name, column_type FROM (DESCRIBE selected)")
    summed = [
        f"sum({name}) AS {name}"
        for name, kind in described
        if name != "customer_id" and (kind.startswith("DECIMAL") or name.startswith("n_"))
    ]
    return f"SELECT {', '.join(['customer_id', *summed])} FROM selected GROUP BY customer_id"  # noqa: S608


def mark_of(analysis: str, settings: Pairs, values: Mapping[str, object], within: Audience | None) -> Mark:
    """The audience of one mark that was clicked. Raises UsageError for a column that names no mark."""
    mark = Mark(analysis, settings, pairs(values), within)
    _check_marks(registry.find(analysis), dict(mark.mark))
    return mark


def columns_of(query: Query) -> Sequence[str]:
    """The columns of `selected`, in order."""
    return [row[0] for row in query.rows("SELECT column_name FROM (DESCRIBE selected)")]
