"""The only cache. Its key is the state of the data, the question, its settings and the scope: text, never a frame.

Everything here belongs to one session and goes with it; nothing of a client is shared between visitors. A refusal
(InsightError) is not kept: it costs little and its reason may change.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from insight import audience, customer_card, customer_life, customer_list, customer_why, ladder_lock
from insight import occasions as days
from insight.analysis import cross, nps_by, registry
from insight.analysis import fields as dimensions
from insight.analysis.ladder_rules import windows
from insight.audience import Audience, Combined, Pairs
from insight.customer_card import Card
from insight.customer_life import Happening
from insight.customer_list import ListPage, Summary
from insight.errors import InsightError
from insight.export import people
from insight.export.people import Account, Purpose, Wish
from insight.export.people_hash import Platform
from insight.ladder_lock import InForce
from insight.occasions import Occasion
from insight.result import Message, Result
from insight.settings import Settings
from insight.workspace import quality
from insight.workspace.engine import Query
from insight.workspace.quality import Finding
from insight.workspace.store import Workspace
from ui import session, view

_RESULTS, _LISTS, _SCOPES, _CARD_TABLES = 120, 60, 12, 4


def _open() -> Workspace:
    return session.ensure_workspace()


def _link(wanted: Audience | None) -> str:
    return wanted.link() if wanted else ""


def _audience(link: str) -> Audience | None:
    return audience.parse(link) if link else None


def run(key: str, chosen: Pairs = ()) -> Result:
    """One analysis within the session's scope. Raises InsightError when data or settings cannot carry it."""
    return run_within(key, chosen, view.scope())


def run_within(key: str, chosen: Pairs, scope: Audience | None) -> Result:
    """One analysis within an audience, whatever the session's scope."""
    return _run(_open().data_key, key, chosen, _link(scope))


@st.cache_data(scope="session", max_entries=_RESULTS, show_spinner=False)
def _run(data_key: str, key: str, chosen: Pairs, scope: str) -> Result:  # noqa: ARG001 - the data is part of the key
    with _query(scope) as query:
        return registry.run(query, key, dict(chosen))


def defaults(key: str) -> Settings:
    """The settings of an analysis when nothing is chosen. Raises InsightError when its tables are empty."""
    return _defaults(_open().data_key, key, _link(view.scope()))


@st.cache_data(scope="session", max_entries=_RESULTS, show_spinner=False)
def _defaults(data_key: str, key: str, scope: str) -> Settings:  # noqa: ARG001
    with _query(scope) as query:
        return registry.settings_for(query, registry.find(key), {})


def two_dates(key: str, chosen: Pairs) -> tuple[date, date]:
    """Between which dates a question of the ladder looks: by its settings, else without them, else all the data."""
    for settings in (chosen, ()):
        try:
            return _two_dates(_open().data_key, key, settings)
        except InsightError:
            # The page says why, in the question's own words.
            continue
    first, last = extent()
    return first, last + timedelta(days=1)


@st.cache_data(scope="session", max_entries=_RESULTS, show_spinner=False)
def _two_dates(data_key: str, key: str, chosen: Pairs) -> tuple[date, date]:  # noqa: ARG001
    with _open().query() as query:
        span = windows(query, registry.settings_for(query, registry.find(key), dict(chosen)))
    return span.start, span.end


def bounds_in_force(key: str, chosen: Pairs) -> InForce | None:
    """The ladder's bounds and what the data propose; None for a file's levels. Raises InsightError without a ladder."""
    return _bounds_in_force(_open().data_key, key, chosen)


@st.cache_data(scope="session", max_entries=_RESULTS, show_spinner=False)
def _bounds_in_force(data_key: str, key: str, chosen: Pairs) -> InForce | None:  # noqa: ARG001
    with _open().query() as query:
        return ladder_lock.in_force(query, key, dict(chosen))


def extent() -> tuple[date, date]:
    """First and last day with a transaction. Raises NotEnoughDataError without any."""
    return _extent(_open().data_key)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _extent(data_key: str) -> tuple[date, date]:  # noqa: ARG001
    with _open().query() as query:
        return query.extent()


def reports() -> list[tuple[int, dict[str, Any]]]:
    """The report of every loaded file with its number, oldest first."""
    return _reports(_open().data_key)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _reports(data_key: str) -> list[tuple[int, dict[str, Any]]]:  # noqa: ARG001
    return _open().reports()


def findings() -> list[Finding]:
    """What the loaded data as a whole says about itself."""
    return _findings(_open().data_key)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _findings(data_key: str) -> list[Finding]:  # noqa: ARG001
    with _open().query() as query:
        return quality.findings(query)


def occasions(start: date, end: date) -> tuple[Occasion, ...]:
    """Holidays, tests and campaigns in [start, end)."""
    return _occasions(_open().data_key, start, end)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _occasions(data_key: str, start: date, end: date) -> tuple[Occasion, ...]:  # noqa: ARG001
    with _open().query() as query:
        return days.occasions(query, start, end)


def n_customers() -> int:
    """All customers of the workspace."""
    return _n_customers(_open().data_key)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _n_customers(data_key: str) -> int:  # noqa: ARG001
    with _open().query() as query:
        return query.count("customer_facts")


def scope_size() -> int:
    """Customers in the scope."""
    return _ids(_open().data_key, _link(view.scope())).num_rows


def size(wanted: Audience) -> int:
    """Customers in an audience. Raises InsightError when it cannot be told on this data."""
    return _size(_open().data_key, wanted.link())


@st.cache_data(scope="session", max_entries=_RESULTS, show_spinner=False)
def _size(data_key: str, link: str) -> int:
    return _ids(data_key, link).num_rows


def apart(scope: Audience | None, other: Audience) -> bool:
    """Whether two groups have no customer in common; without a scope the first is everybody."""
    if scope is None:
        return False
    try:
        return size(Combined("and", (scope, other))) == 0
    except InsightError:
        # A group that cannot be told has no figures whose difference could have an interval.
        return False


@st.cache_resource(scope="session", max_entries=_SCOPES, show_spinner=False)
def _ids(data_key: str, link: str) -> pa.Table:  # noqa: ARG001
    return audience.customer_ids(_open(), audience.parse(link))


def _query(scope: str) -> Query:
    if not scope:
        return _open().query()
    return audience.scoped_to(_open(), audience.parse(scope), _ids(_open().data_key, scope))


def summary(wanted: Audience | None) -> Summary:
    """Count and money of an audience, with its first customers."""
    return _summary(_open().data_key, _link(wanted))


@st.cache_data(scope="session", max_entries=_LISTS, show_spinner=False)
def _summary(data_key: str, link: str) -> Summary:  # noqa: ARG001
    return customer_list.summary(_open(), _audience(link))


def list_page(
    wanted: Audience | None, sort: str, descending: bool, page: int, personal: bool, search: str = ""
) -> ListPage:
    """One page of an audience's list. What was typed to search is somebody's name, so that page is not kept."""
    if search:
        return customer_list.page(
            _open(), wanted, sort=sort, descending=descending, number=page, personal=personal, search=search
        )
    return _list_page(_open().data_key, _link(wanted), sort, descending, page, personal)


@st.cache_data(scope="session", max_entries=_LISTS, show_spinner=False)
def _list_page(data_key: str, link: str, sort: str, descending: bool, page: int, personal: bool) -> ListPage:  # noqa: ARG001
    return customer_list.page(
        _open(), _audience(link), sort=sort, descending=descending, number=page, personal=personal
    )


def account(wanted: Audience | None, wish: Wish) -> Account:
    """How many of a list come along for a purpose, and who not and why; what a search found is counted anew."""
    if wish.search:
        return people.count(_open(), wanted, wish)
    return _account(_open().data_key, _link(wanted), wish.purpose, wish.platform, wish.everybody)


@st.cache_data(scope="session", max_entries=_LISTS, show_spinner=False)
def _account(data_key: str, link: str, purpose: Purpose, platform: Platform, everybody: bool) -> Account:  # noqa: ARG001
    wish = Wish(purpose, reason="counted" if everybody else "", platform=platform)
    return people.count(_open(), _audience(link), wish)


def labels(wanted: Audience) -> dict[str, str]:
    """Words for the stable keys in an audience's marks, as its analyses give them."""
    if isinstance(wanted, Combined):
        return {key: word for part in wanted.parts for key, word in labels(part).items()}
    found = labels(wanted.within) if wanted.within else {}
    try:
        result = _run(_open().data_key, wanted.analysis, wanted.settings, _link(wanted.within))
    except InsightError:
        # Nothing to name on this data; the page says the same where it shows the scope's customers.
        return found
    return {**found, **result.labels}


def card(customer_id: str) -> Card:
    """All that is known of one customer. Kept for a moment only: it is personal."""
    with _open().query() as query:
        return customer_card.card(query, customer_id)


def segments_of(customer_id: str, chosen: Mapping[str, Pairs]) -> list[tuple[Result, str, list[Message]]]:
    """The customer's segment in every segmentation that this data can carry: (its answer, the segment's key, why).

    chosen: the settings in force, by segmentation.
    """
    found: list[tuple[Result, str, list[Message]]] = []
    for key, settings in chosen.items():
        try:
            result = run_within(key, settings, None)
            table, resolved = _members(_open().data_key, key, settings)
        except InsightError:
            # The segmentation's own page says why this data cannot carry it.
            continue
        row = customer_why.row_of(table, customer_id)
        if row is not None:
            found.append((result, str(row["segment"]), customer_why.reasons(result, table, row, resolved)))
    return found


@st.cache_resource(scope="session", max_entries=_CARD_TABLES, show_spinner=False)
def _members(data_key: str, key: str, chosen: Pairs) -> tuple[pa.Table, Settings]:  # noqa: ARG001
    with _open().query() as query:
        return customer_why.members(query, key, dict(chosen))


def next_step_of(customer_id: str, chosen: Pairs) -> list[Message]:
    """Where the customer stands on the ladder and what the next step takes. Raises InsightError without a ladder."""
    table, resolved = _members(_open().data_key, customer_why.NEXT_STEP, chosen)
    return customer_why.next_step(customer_why.row_of(table, customer_id), resolved["basis"])


def ladder_moves_of(customer_id: str, chosen: Pairs) -> tuple[list[Happening], dict[str, str]]:
    """The customer's steps up and down, and the words for the steps. Raises InsightError without a ladder.

    The bounds are those of the ladder of all customers.
    """
    result = run_within("ladder.steps", chosen, None)
    lows = [low for low in result.table.get("low_bound", ()) if low is not None and low == low and low > 0]
    order = [str(step) for step in result.table["step"] if step != customer_life.NONE][::-1]
    settings = dict(chosen) | ({"bounds": ",".join(str(low) for low in sorted(lows))} if lows else {})
    with _open().query() as query:
        query.put("scope", pa.table({"customer_id": pa.array([customer_id], pa.string())}))
        query.scoped = True
        standing = customer_life.steps(query, customer_id, settings, query.day_after_last())
    return customer_life.moves(standing, order), dict(result.labels)


def fields(of_customers: bool) -> dict[str, bool]:
    """What sales or customers can be divided by: key → whether it is a column of the file's own."""
    return _fields(_open().data_key, of_customers)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _fields(data_key: str, of_customers: bool) -> dict[str, bool]:  # noqa: ARG001
    with _open().query() as query:
        found = dimensions.available(query, of_customers=of_customers)
    return {key: dimension.own for key, dimension in found.items()}


def segmentations() -> tuple[str, ...]:
    """The segmentations that customers can be crossed by."""
    return cross.SEGMENTATIONS


def empty() -> None:
    """Let go of all that is kept: what was shown of a person who is forgotten must not stay in memory."""
    st.cache_data.clear()
    _members.clear()


def groupings() -> dict[str, str]:
    """What answers can be told apart by: key → its catalogue key, or the file's own name for it."""
    return _groupings(_open().data_key)


@st.cache_data(scope="session", max_entries=_SCOPES, show_spinner=False)
def _groupings(data_key: str) -> dict[str, str]:  # noqa: ARG001
    with _open().query() as query:
        return nps_by.available(query)
