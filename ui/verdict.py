"""The verdict card and what stands under it: kronor first, checks in a row, no effect where none may be told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from insight.analysis.lift_measures import records
from insight.analysis.lift_money import is_shown
from insight.audience import Pairs
from insight.charts.theme import palette
from insight.i18n.catalog import Words
from insight.result import Message, Metric, Result, Unit
from ui import charts, chrome, drill, foot, headline, lift_sheet, marks, show, tables, text, trial, view
from ui.show import Slots

_SIZES = ("arm", "n_assigned", "n_customers", "planned")
SEGMENT_COLUMNS = (
    "segment", "n_customers", "n_other", "mean", "effect", "effect_low", "effect_high", "pvalue", "pvalue_adjusted",
)  # fmt: skip
SOLD_COLUMNS = ("value", "n_customers", "n_other", "mean", "anyway", "effect", "share_difference", "pvalue_adjusted")
_PARTS = ("division", "value", "n_customers", "arm", "n_in_arm", "planned", "pvalue_adjusted")
_PARTS_SHOWN = 8
_LOSS_NOTES = ("lift_despite_loss", "lift_despite_loss_own", "lift_despite_loss_kr", "lift_despite_loss_own_kr")
_UNSHOWN_NOTES = ("lift_loss_not_shown", "lift_loss_not_shown_kr")
_BADGES: Mapping[str, tuple[str, str]] = {
    "ok": ("gray", "check"), "care": ("orange", "warning"), "ask": ("orange", "warning"), "unknown": ("gray", "remove"),
    "stop": ("red", "block"),
}  # fmt: skip


def window_of(result: Result) -> int:
    """The days of the outcome window, as the answer's rule says them."""
    return int(str(result.basis.rule.values["window"]))


def card(result: Result, slots: Slots) -> None:
    """One frame: the sentence, the figures of the leading arm or what stops them, and every check as a badge."""
    words = show.words_of(result)
    slots.eyebrow.markdown(show.eyebrow(result), help=show.evidence_help(result), width="content")
    with slots.headline, st.container(border=True, key="verdict", gap="medium"):
        headline.title(st.container(), words.headline(result.headline))
        losses(result)
        if "effect" in result.metrics:
            _figures(result, words)
        else:
            _stopped(result, words)
        badges(result, words)
        trial.ask_shares(result)


def losses(result: Result) -> None:
    """An arm whose percentage shines while it loses money is told here, kronor first, in the colour of loss.

    A loss that the correction for several arms does not show has no colour: it says that no difference is shown.
    """
    words = show.words_of(result)
    for note in result.notes:
        sentence = words.headline(Message(f"note.{note.code}", note.values))
        if note.code in _UNSHOWN_NOTES:
            st.markdown(text.grey(sentence))
        elif note.code in _LOSS_NOTES:
            st.markdown(f":red[:material/trending_down: **{text.plain(sentence)}**]")


def _stopped(result: Result, words: Words) -> None:
    states = dict(zip(result.tables["checks"]["check"], result.tables["checks"]["state"], strict=True))
    stops = {"sizes": "blocked", "alike": "not_drawn", "days": "other_times"}
    why = next((code for check, code in stops.items() if states.get(check) == "stop"), "")
    if why:
        with st.container(width=760):
            st.markdown(f":red[:material/block: {text.plain(words.t(f'lift.card.{why}'))}]")


def _figures(result: Result, words: Words) -> None:
    """Net per customer, bought, cost against break-even, back per krona; those that are not known are left out."""
    found = result.metrics
    leader = found["effect"].mark["arm"]
    paid = next(row for row in result.tables["money"].to_dict("records") if row["arm"] == leader)
    metric = words.headline(result.headline.values["metric"])  # type: ignore[arg-type]
    more = words.t("ui.points", value=words.number(float(str(found["more_buyers"].value or 0)) * 100, 1, signed=True))
    boxes: list[tuple[str, str, str, str]] = [
        (words.t("lift.card.net_per_customer", metric=metric), signed(words, found["effect"].value),
         span(words, found["effect"]), ""),
        (words.t("lift.card.bought"), words.value(found["conversion"].value, "ratio"), more,
         words.t("lift.card.against", other=paid["other"])),
    ]  # fmt: skip
    if found["cost_per_contact"].value is not None:
        even = found["break_even_cost"].value
        boxes.append((
            words.t("lift.card.cost"), words.about(found["cost_per_contact"].value),
            words.t("lift.card.pays_up_to", value=words.about(even)) if even is not None
            else words.t("lift.card.pays_never") if paid["margin"] is not None else "", "",
        ))  # fmt: skip
    if found["roi"].value is not None:
        boxes.append(
            (words.t("lift.card.back"), words.about(_back(found["roi"].value)), _back_span(words, found["roi"]), "")
        )
    else:
        boxes.append((words.t("lift.card.orders"), words.count(paid["n_orders"]),
                      words.t("lift.card.of_n", n=paid["n_customers"]), ""))  # fmt: skip
    with st.grid(len(boxes), min_column_width=190, gap=24):
        for label, value, pill, grey in boxes:
            st.metric(
                text.plain(label), text.plain(value), delta=text.plain(pill) or None, delta_arrow="off",
                delta_color="gray", delta_description=text.plain(grey) if grey else None,
            )  # fmt: skip


def signed(words: Words, value: object) -> str:
    """Money with its sign, with one decimal below a hundred."""
    if value is None:
        return "–"
    number = float(str(value))
    return words.amount(number, 1, signed=True) if abs(number) < 100 else words.money(number, signed=True)


def span(words: Words, metric: Metric) -> str:
    """'+24,1 kr till +52,7 kr'; empty without an interval."""
    if metric.low is None or metric.high is None:
        return ""
    return words.t("ui.interval", low=signed(words, metric.low), high=signed(words, metric.high))


def _back(roi: object) -> float:
    return 1 + float(str(roi))


def _back_span(words: Words, metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return words.t("ui.interval", low=words.about(_back(metric.low)), high=words.about(_back(metric.high)))


def badges(result: Result, words: Words, *, asked: bool = False) -> None:
    """Every check as a badge: grey with a tick, amber where something needs care, rust where it stops the verdict.

    asked: what is missing is asked for beside the badges, and needs none.
    """
    parts: list[str] = []
    for row in result.tables["checks"].to_dict("records"):
        if asked and row["state"] == "ask":
            continue
        colour, icon = _BADGES[row["state"]]
        sentence = words.t(f"lift.check.{row['check']}.{row['state']}", n=row["n"], window=window_of(result))
        parts.append(f":{colour}-badge[:material/{icon}: {text.plain(sentence)}]")
    st.markdown("   ".join(parts))


def effects(result: Result, chosen: Pairs, *, width: int = 970) -> None:
    """The interval per arm on the deciding figure; a click on an arm opens its customers."""
    if result.chart is None:
        return
    charts.figure(result, [result.chart], chosen, width=width)


def people(result: Result, chosen: Pairs) -> None:
    """The way to the customers of an arm, those who bought and those who did not; the chosen ones beside it."""
    marks.selector(replace(result, table=result.tables["response"]), chosen)
    mark = marks.current(result, chosen)
    if mark:
        with st.container(width=620):
            drill.panel(result, chosen, mark)


def for_whom(result: Result, chosen: Pairs, slots: Slots) -> None:
    """The effect by groups of customers: what to divide by and which arm, the forest, the customers, the table."""
    show.head(result, slots)
    with st.container(horizontal=True):
        trial.pick_by(result.key)
        arms = list(dict.fromkeys(result.tables["all"]["arm"]))
        trial.pick_arm(result.key, arms, str(result.table["arm"].iloc[0]))
    effects(result, chosen)
    for row in records(result.tables["interaction"]):
        if row["arm"] == result.table["arm"].iloc[0] and not tables.undefined(row["pvalue"]):
            words = show.words_of(result)
            st.markdown(text.grey(words.t("lift.interaction", p=row["pvalue"], n=row["df"] + 1)))
    people(result, chosen)
    tables.show(result, chosen, SEGMENT_COLUMNS)
    show.caveats(result)
    foot.row(result, chosen)


def money(result: Result) -> None:
    """A row an arm in kronor: what it bought, what it cost, what it brought against the other; per cent last."""
    words = show.words_of(result)
    paid = result.tables["money"]
    columns = [
        "arm",
        "n_customers",
        "n_buyers",
        "sales",
        "margin",
        "contact_cost",
        "net",
        "total",
        "range",
        "rel_sales",
    ]
    frame = paid.assign(range=[_range(words, row) for row in records(paid)])
    kept = [name for name in columns if any(not _nothing(cell) for cell in frame[name])]
    units: dict[str, Unit] = {**result.more_units["money"], "range": "text"}
    heads = {name: tables.head(words, name, units[name], list(frame[name]), result.key) for name in kept}
    st.header(text.plain(words.t("ui.lift.in_money")), anchor=False)
    styled = tables.styled(pd.DataFrame(frame[kept]), units, words, heads)
    rust = f"color: {palette(chrome.dark()).loss}"
    # What an arm netted is as it is; that it lost against the other has the colour of loss where it is shown.
    lost = {"net": [True] * len(paid), "total": [is_shown(pvalue) for pvalue in paid["pvalue_adjusted"]]}
    for name, rows in lost.items():
        if name in kept:
            place = pd.IndexSlice[styled.data.index[rows], [text.plain(heads[name])]]  # type: ignore[attr-defined]
            styled = styled.map(lambda value: rust if float(str(value)) < 0 else "", subset=place)
    st.table(
        styled, border="horizontal", hide_index=True, alt=words.t("ui.table_alt", title=words.t("ui.lift.in_money"))
    )


def _nothing(cell: Any) -> bool:
    return cell is None or cell == "" or cell != cell


def _range(words: Words, row: Mapping[str, Any]) -> str:
    if _nothing(row["total_low"]) or _nothing(row["total_high"]):
        return ""
    return words.t("ui.interval", low=words.number(row["total_low"], signed=True),
                   high=words.number(row["total_high"], signed=True))  # fmt: skip


def evidence(result: Result, chosen: Pairs) -> None:
    """What carries the card: the arms' effects, customers and money; with wrong sizes the sizes and nothing else."""
    if result.table["effect_size"].isna().all():
        _wrong_sizes()
        return
    effects(result, chosen)
    people(result, chosen)
    lift_sheet.sheet(result)
    lift_sheet.ways(result)
    money(result)
    remarks(result)


def _wrong_sizes() -> None:
    """The sizes beside the plan, and where they part from it."""
    result, _ = trial.answer("lift.checks")
    with st.container(width=760):
        _plain_table(result, pd.DataFrame(result.table[list(_SIZES)]), result.units, "ui.lift.sizes")
    size_parts(result)
    show.caveats(result)


def _plain_table(result: Result, frame: pd.DataFrame, units: Mapping[str, Unit], title: str) -> None:
    """A few rows under a heading of their own."""
    words = show.words_of(result)
    named = words.t(title)
    heads = {name: tables.head(words, name, units[name], list(frame[name]), result.key) for name in map(str, frame)}
    st.header(text.plain(named), anchor=False)
    st.table(
        tables.styled(frame, units, words, heads), border="horizontal", hide_index=True,
        alt=words.t("ui.table_alt", title=named),
    )  # fmt: skip


def remarks(result: Result) -> None:
    """The caveats that no badge and no line of the card has said in full."""
    said = (*_LOSS_NOTES, *_UNSHOWN_NOTES)
    show.caveats(replace(result, notes=tuple(note for note in result.notes if note.code not in said)))


def compared(result: Result) -> None:
    """Which traits were compared before the test, each with its p value."""
    found = result.tables["balance"]
    if found.empty:
        return
    words = show.words_of(result)
    st.header(text.plain(view.t("ui.lift.traits")), anchor=False)
    heads = {name: words.t(f"column.{name}") for name in ("trait", "pvalue")}
    found = found.assign(trait=[_capital(words, name) for name in found["trait"]])
    with st.container(width=520):
        st.table(tables.styled(found, result.more_units["balance"], words, heads), border="horizontal", hide_index=True)


def _capital(words: Words, name: str) -> str:
    """A trait as a row of a table begins with it."""
    said = words.label(name)
    return said[:1].upper() + said[1:]


def size_parts(result: Result) -> None:
    """Sizes against the plan within days and channels, the most unlikely first: where to look, never a verdict."""
    found = result.tables["sizes"]
    if found.empty:
        return
    words = show.words_of(result)
    first = found[list(_PARTS)].head(_PARTS_SHOWN)
    first = first.assign(division=[_capital(words, name) for name in first["division"]])
    _plain_table(result, pd.DataFrame(first), result.more_units["sizes"], "ui.lift.sizes_parts")
