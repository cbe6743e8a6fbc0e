"""Audiences in words: the sentence that names a selection in a language; the label of an answer's evidence; and lines
of the audit log."""

from collections.abc import Mapping
from dataclasses import replace

from insight.analysis import registry
from insight.audience import Audience, Mark, parse
from insight.errors import InsightError
from insight.i18n.catalog import Words
from insight.result import Result
from insight.workspace.audit import Event
from insight.workspace.forget import Receipt


def sentence(audience: Audience, words: Words) -> str:
    """'RFM-segment: Champions, inom Kundtrappan: Guld' – the selection in words, user text as it is."""
    if isinstance(audience, Mark):
        text = _mark(audience, words)
        return (
            words.t("audience.within", sentence=text, scope=sentence(audience.within, words))
            if audience.within
            else text
        )
    parts = [sentence(part, words) for part in audience.parts]
    if audience.operator == "and":
        return words.t("audience.and", parts=words.list(parts))
    if audience.operator == "or":
        return f" {words.t('common.or')} ".join(parts)
    if len(parts) == 1:
        return words.t("audience.not_alone", first=parts[0])
    # What is left out stands within what it is left out of: that need not be said twice.
    first = audience.parts[0]
    others = [replace(p, within=None) if isinstance(p, Mark) and p.within == first else p for p in audience.parts[1:]]
    return words.t("audience.not", first=parts[0], others=words.list([sentence(other, words) for other in others]))


def _mark(mark: Mark, words: Words) -> str:
    values = dict(mark.mark)
    specific = f"audience.marks.{mark.analysis}"
    title = words.t(f"analysis.{mark.analysis}.title")
    if words.has(specific) and set(values) == set(registry.find(mark.analysis).marks):
        return words.t(specific, **{name: words.label(value) for name, value in values.items()})
    if not values:
        return words.t("audience.sentence_all", title=title)
    return words.t("audience.sentence", title=title, mark=mark_words(words, mark.analysis, values))


def mark_words(words: Words, analysis: str, values: Mapping[str, str]) -> str:
    """A mark in words, in the order of the analysis' mark columns: 'Guld → Silver', 'R 5, F 1', 'kontroll, köpte'."""
    said = ""
    for name in (known for known in registry.find(analysis).marks if known in values):
        key = f"audience.part.{analysis}.{name}"
        part = words.label(values[name])
        part = words.t(key, value=part) if words.has(key) else part
        joined = " → " if name.startswith("to_") else ", "
        said += f"{joined}{part}" if said else part
    return said


_NO_CONTROL = ("no_control", "totals_no_control")


def evidence_words(result: Result, words: Words) -> tuple[str, str]:
    """The label of what an answer rests on, and what it means in a sentence or two.

    What is measured between drawn groups of which none is a control is labelled by the group it is measured against.
    """
    arms = result.evidence == "control" and any(note.code in _NO_CONTROL for note in result.notes)
    kind = "control_arms" if arms else result.evidence
    return words.t(f"ui.evidence_{kind}"), words.t(f"ui.evidence_help_{kind}")


def audit_line(event: Event, words: Words) -> str:
    """'12  2025-03-01 09:30:12  anna  Lista hämtad: rader 120' – one line of the audit log, time in UTC."""
    told = "; ".join(event_details(event, words))
    parts = [str(event.number), event_time(event), *([event.who] if event.who else []), event_action(event, words)]
    return "  ".join(parts) + (f": {told}" if told else "")


def event_time(event: Event) -> str:
    """'2025-03-01 09:30:12', in UTC."""
    return event.at.replace("T", " ").removesuffix("+00:00")


def event_action(event: Event, words: Words) -> str:
    """What was done: 'Lista hämtad'."""
    key = f"audit.action.{event.action}"
    return words.t(key) if words.has(key) else event.action


def event_details(event: Event, words: Words) -> list[str]:
    """What an event says besides: 'rader 120', 'kolumner Namn, Ort', 'urval RFM-segment: Stamkunder'."""
    return [
        f"{_named(name, words)} {_told(value, words, _FAMILIES.get(name, ''))}"
        for name, value in event.values.items()
        if value not in ("", [])
    ]


# Whose words the values of the log are: the first part of their catalogue keys, after it the value and what follows.
_FAMILIES: Mapping[str, str] = {
    "columns": "column.{}", "table": "table.{}", "purpose": "people.purpose.{}", "analyses": "analysis.{}.title",
    "consent": "audit.consent.{}", "selection": "selection",
}  # fmt: skip


def _named(name: str, words: Words) -> str:
    return words.t(f"audit.value.{name}") if words.has(f"audit.value.{name}") else name


def _told(value: object, words: Words, family: str) -> str:
    if isinstance(value, bool):
        return words.t("audit.yes" if value else "audit.no")
    if isinstance(value, int):
        return words.count(value)
    if isinstance(value, list):
        return ", ".join(_told(part, words, family) for part in value)
    if value is None:
        return "–"
    if family == "selection":
        return _selection(str(value), words)
    key = family.format(value)
    return words.t(key) if family and words.has(key) else words.label(value)


def _selection(link: str, words: Words) -> str:
    try:
        return sentence(parse(link), words)
    except InsightError:
        # A link of an earlier version of the product: it stands as it was written.
        return link


def receipt_lines(receipt: Receipt, words: Words) -> list[str]:
    """The receipt of a forgotten customer, line by line; it names nobody."""
    when = receipt.at.replace("T", " ").removesuffix("+00:00")
    lines = [words.t("forget.receipt", number=receipt.number, at=when)]
    for name, n in receipt.rows.items():
        lines.append(words.t("forget.rows", table=words.t(f"forget.in_{name}"), n=n))
    for name, before in receipt.before.items():
        values = {"before": before, "after": receipt.after[name]}
        form = "money" if name in ("sales", "identified_sales") else "count"
        lines.append(words.t(f"forget.figure_{form}", name=words.t(f"forget.of_{name}"), **values))
    lines.append(words.t("forget.kept_out"))
    if receipt.left_in:
        lines.append(words.t("forget.left_in", files=words.list(list(receipt.left_in))))
    return lines
