"""The slides of a deck: opening, summary, one a finding, definitions."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Any

from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn

from insight.export import deck_beside, deck_figure, deck_tables, deck_whom, written
from insight.export.deck_chart import Canvas
from insight.export.deck_look import Look
from insight.export.deck_tables import Cell
from insight.export.deck_template import EYEBROW, FOOT, Box, Paper
from insight.export.deck_text import LEADING, Line, fitting, inherited_size, kept, points, put, write
from insight.export.item import Item
from insight.export.tables import basis_lines
from insight.i18n.catalog import Words
from insight.result import Result
from insight.words import evidence_words

_METRICS = 5
_METRIC_ROW, _EYEBROW_ROW, _FOOT_ROW, _GAP = 0.86, 0.28, 0.68, 0.3
_CHART_SHARE = 0.58


@dataclass(frozen=True)
class Desk:
    """What every slide needs: the paper, the look, the words."""

    paper: Paper
    look: Look
    words: Words


# --- parts of every slide ---------------------------------------------------------------------------------------------


def _new(desk: Desk, layout: Any, title: str) -> Any:
    """A slide with its headline, as large as fits and never larger than the template has it, and its number."""
    slide = desk.paper.deck.slides.add_slide(layout)
    _number(slide, layout)
    holder = slide.shapes.title
    if holder is None:
        return slide
    own = next(h for h in layout.placeholders if h.placeholder_format.idx == holder.placeholder_format.idx)
    natural = inherited_size(own, 28)
    box = Box(*(int(getattr(holder, edge) or 0) for edge in ("left", "top", "width", "height")))
    inner = _inside(holder, box)
    line = Line(title, heading=True, bold=True)
    size = fitting([line], inner, desk.look.face, natural, 12)
    write(holder.text_frame, [Line(title)], desk.look, size if size < natural else None)
    return slide


def _inside(holder: Any, box: Box) -> Box:
    """A placeholder's box without its margins."""
    frame = holder.text_frame
    sides = [int(getattr(frame, f"margin_{side}") or 0) for side in ("left", "right", "top", "bottom")]
    return Box(box.left, box.top, max(box.width - sides[0] - sides[1], 1), max(box.height - sides[2] - sides[3], 1))


def _number(slide: Any, layout: Any) -> None:
    """The slide number, which the library does not take over from the layout by itself."""
    for holder in layout.placeholders:
        if holder.element.ph.get("type") == "sldNum":
            shape = deepcopy(holder.element)
            properties = shape.find(qn("p:spPr"))
            for child in list(properties):
                properties.remove(child)
            slide.shapes._spTree.append(shape)


def _without_empty(slide: Any) -> None:
    """Places of the layout that nothing stands in would ask for text in the program."""
    for holder in list(slide.placeholders):
        if holder.has_text_frame and not holder.text_frame.text and holder.element.ph.get("type") != "sldNum":
            holder.element.getparent().remove(holder.element)


def _holder(slide: Any, idx: int) -> Any:
    return next((h for h in slide.placeholders if h.placeholder_format.idx == idx), None)


def _eyebrow(desk: Desk, slide: Any, body: Box, text: str) -> Box:
    """The line above the headline, on a client's template the first line of the content. Returns what is left."""
    holder = _holder(slide, EYEBROW) if desk.paper.own else None
    if holder is not None:
        box = Box(*(int(getattr(holder, edge)) for edge in ("left", "top", "width", "height")))
        line = Line(text)
        write(holder.text_frame, [line], desk.look, fitting([line], box, desk.look.face, 12, 8))
        return body
    line, row = Line(text, colour=desk.look.palette.ink2), desk.look.length(_EYEBROW_ROW)
    put(slide, body.part(height=row), [line], desk.look, largest=12, smallest=6, name="Eyebrow")
    return body.part(top=row)


def _foot(desk: Desk, slide: Any, body: Box, lines: Sequence[Line]) -> Box:
    """What the slide was counted from, below; returns what is left of the body."""
    holder = _holder(slide, FOOT) if desk.paper.own else None
    if holder is not None:
        box = Box(*(int(getattr(holder, edge)) for edge in ("left", "top", "width", "height")))
        size = fitting(lines, box, desk.look.face, 10, 7)
        write(holder.text_frame, kept(lines, box, desk.look.face, size), desk.look, size)
        return body
    row = desk.look.length(_FOOT_ROW)
    box = body.part(top=body.height - row)
    lines = [replace(line, colour=desk.look.palette.ink2) for line in lines]
    size = fitting(lines, box, desk.look.face, 10 * desk.look.scale, 6)
    shown = kept(lines, box, desk.look.face, size)
    put(slide, box, shown, desk.look, largest=10, smallest=6, name="Basis")
    return body.part(height=body.height - row - desk.look.length(0.08))


def _clear(desk: Desk, slide: Any) -> None:
    if not desk.paper.own:
        _without_empty(slide)


# --- opening and end --------------------------------------------------------------------------------------------------


def opening(desk: Desk, title: str, about: str, whom: str) -> None:
    """The first slide; whom: the selection that all answers share, '' where there is none."""
    slide = _new(desk, desk.paper.opening, title)
    under = [h for h in slide.placeholders if h.element.ph.get("type") in ("subTitle", "body") and h.has_text_frame]
    lines = [Line(said) for said in (about, whom) if said]
    if under and lines:
        write(under[0].text_frame, lines, desk.look, _fitted(desk, under[0], lines) if whom else None)
    _without_empty(slide)


def _fitted(desk: Desk, holder: Any, lines: Sequence[Line]) -> float | None:
    """The size at which the lines fit a place of the opening slide; None where its own is small enough."""
    place = holder.placeholder_format.idx
    own = next(h for h in desk.paper.opening.placeholders if h.placeholder_format.idx == place)
    box = Box(*(int(getattr(holder, edge) or 0) for edge in ("left", "top", "width", "height")))
    natural = inherited_size(own, 18)
    size = fitting(lines, _inside(holder, box), desk.look.face, natural, 8)
    return size if size < natural else None


def summary(desk: Desk, items: Sequence[Item], about: str) -> None:
    """One page: every finding as a sentence with its figure. More than a page can hold go on to a second."""
    words, look, face = desk.words, desk.look, desk.look.face
    shared = deck_whom.shared(items, words)
    every = [_summary_row(item, words.with_labels(item.result.labels) if item.result else words, look, shared)
             for item in items]  # fmt: skip
    pages = _pages(desk, every)
    for number, rows in enumerate(pages, start=1):
        one = words.t("pack.summary")
        title = one if len(pages) == 1 else words.t("pack.summary_part", number=number, n=len(pages))
        slide = _new(desk, desk.paper.finding, title)
        above = [part for part in (shared, about) if part] or [words.t("pack.n_findings", n=len(items))]
        body = _eyebrow(desk, slide, desk.paper.body, " · ".join(above))
        body = _foot(desk, slide, body, [Line(words.t("pack.summary_foot"))])
        widths, height = _summary_room(desk, body)
        size = deck_tables.size_for(face, rows, widths, height, 12 * look.scale)
        natural = deck_tables.heights(face, rows, widths, size)
        row_height = min(min(natural) + max(height - sum(natural), 0) / len(rows), 36.0 * look.scale)
        deck_tables.draw(Canvas(slide, body, look), rows, widths, head=False, row_height=row_height, size=size,
                         name="Summary")  # fmt: skip
        slide.notes_slide.notes_text_frame.text = "\n\n".join(row[1].text for row in rows)
        _clear(desk, slide)


def _summary_room(desk: Desk, body: Box) -> tuple[list[float], float]:
    """Points for the columns and for all rows of a page of the summary."""
    room = points(body.width)
    return [room * 0.2, room * 0.5, room * 0.3], points(body.height) - 8 * desk.look.scale


def _pages(desk: Desk, rows: list[list[Cell]]) -> list[list[list[Cell]]]:
    """The findings on as few pages as they need, spread evenly over them."""
    look, body = desk.look, desk.paper.body
    taken = 0 if desk.paper.own else look.length(_EYEBROW_ROW) + look.length(_FOOT_ROW) + look.length(0.08)
    widths, height = _summary_room(desk, body.part(height=body.height - taken))

    def spread(most: int) -> list[list[list[Cell]]]:
        ends = [round(len(rows) * page / most) for page in range(most + 1)]
        return [rows[start:end] for start, end in pairwise(ends)]

    return next(
        (
            found
            for found in map(spread, range(1, len(rows)))
            if all(sum(deck_tables.heights(look.face, page, widths, 8 * look.scale)) <= height for page in found)
        ),
        [[row] for row in rows],
    )


def _summary_row(item: Item, words: Words, look: Look, shared: str) -> list[Cell]:
    quiet = look.palette.ink2
    # Whom it speaks of, where that does not stand over all of them.
    own = "" if shared else deck_whom.whom(item, words)
    return [
        Cell(" · ".join(part for part in (words.t(f"analysis.{item.analysis}.title"), own) if part), colour=quiet),
        Cell(finding_words(item, words), bold=bool(item.results), colour="" if item.results else quiet),
        Cell(_key_figure(item, words), right=True),
    ]


def finding_words(item: Item, words: Words) -> str:
    """The headline: the presenter's own, else the finding, else why there is none."""
    if item.title:
        return item.title
    if item.other is not None and item.results:
        return deck_beside.headline(item, words)
    said = item.result.headline if item.result else item.refusal
    assert said is not None
    return words.headline(said).rstrip(".")


def _key_figure(item: Item, words: Words) -> str:
    if item.other is not None:
        return deck_beside.key_figure(item, words)
    if item.result is None or not item.result.metrics:
        return ""
    metrics = item.result.metrics
    known = [name for name in (*item.result.leads, *metrics) if not written.undefined(metrics[name].value)]
    telling = [name for name in known if metrics[name].value != 0]
    leads = [name for name in telling if name in item.result.leads]
    return " · ".join(_figure(item.result, name, words) for name in (leads[:2] or telling[:1] or known[:1]))


def _figure(result: Result, name: str, words: Words) -> str:
    metric = result.metrics[name]
    figure = f"{written.metric_name(words, result, name)}: {written.metric_words(words, name, metric)}"
    change, _, _ = written.change_of(words, metric, name)
    return f"{figure} ({change})" if change else figure


def definitions(desk: Desk, items: Sequence[Item]) -> None:
    """How the figures were counted, each formula once; as many slides as it takes."""
    words = desk.words
    titles: dict[str, list[str]] = {}
    for item in items:
        for result in (one for one in item.results[:1] if one.basis.formula):
            own = titles.setdefault(words.t(f"definition.{result.basis.formula}"), [])
            own += [title] if (title := words.t(f"analysis.{item.analysis}.title")) not in own else []
    waiting = [(", ".join(names), text) for text, names in titles.items()]
    said = words.t("pack.definitions_of"), words.t("pack.definitions"), words.t("pack.definitions_foot")
    for slide, _ in _listed(desk, said, waiting, "Definitions"):
        _clear(desk, slide)


def without_answer(desk: Desk, items: Sequence[Item]) -> None:
    """The questions that the data cannot answer, each with what is missing; together, so that none takes a slide."""
    words = desk.words
    waiting = [
        (
            " · ".join(part for part in (words.t(f"analysis.{item.analysis}.title"), item.scope) if part),
            _why(item, words),
        )
        for item in items
    ]
    said = words.t("pack.unanswered_of"), words.t("pack.unanswered"), words.t("pack.refused_foot")
    first = 0
    for slide, shown in _listed(desk, said, waiting, "Unanswered"):
        own = items[first : first + shown]
        slide.notes_slide.notes_text_frame.text = "\n\n".join(notes(item, words) for item in own)
        first += shown
        _clear(desk, slide)


def _why(item: Item, words: Words) -> str:
    """What the data lack for a question, whatever the presenter calls it."""
    assert item.refusal is not None
    return words.headline(item.refusal)


def _listed(
    desk: Desk, said: tuple[str, str, str], waiting: Sequence[tuple[str, str]], name: str
) -> Iterator[tuple[Any, int]]:  # fmt: skip
    """Slides of named texts, as many as it takes, and how many each of them shows.

    said: the line above the headline, the headline, the foot.
    """
    above, headline, foot = said
    rest = list(waiting)
    for number in count(1):
        if not rest:
            return
        slide = _new(desk, desk.paper.finding, headline if number == 1 else f"{headline} ({number})")
        body = _eyebrow(desk, slide, desk.paper.body, above)
        body = _foot(desk, slide, body, [Line(foot)])
        rows: list[list[Cell]] = []
        room = points(body.width)
        widths = [room * 0.24, room * 0.76]
        while rest:
            row = [Cell(rest[0][0], bold=True), Cell(rest[0][1])]
            tall = sum(deck_tables.heights(desk.look.face, [*rows, row], widths, desk.look.label))
            if rows and tall > points(body.height):
                break
            rows.append(row)
            rest.pop(0)
        deck_tables.draw(Canvas(slide, body, desk.look), rows, widths, head=False, name=name)
        yield slide, len(rows)


# --- a finding --------------------------------------------------------------------------------------------------------


def finding(desk: Desk, item: Item) -> None:
    """One answer: sentence, figures, chart, small table, basis; or why there is none."""
    result = item.result
    words = desk.words.with_labels(result.labels) if result else desk.words
    slide = _new(desk, desk.paper.finding, _own_title(desk, item, words))
    slide.notes_slide.notes_text_frame.text = notes(item, words)
    if not item.results:
        _refused(desk, slide, item)
    elif item.other is not None:
        body = _eyebrow(desk, slide, desk.paper.body, " · ".join(deck_beside.above(item, words)))
        body = _foot(desk, slide, body, [Line(part) for part in deck_beside.below(item, words)])
        deck_beside.content(Canvas(slide, body, desk.look), item, words)
    elif result is not None:
        body = _eyebrow(desk, slide, desk.paper.body, " · ".join(_above(item, result, words)))
        body = _foot(desk, slide, body, [Line(part) for part in _below(item, result, words)])
        if result.metrics:
            body = _metrics(desk, slide, body, item, result, words)
        _content(desk, slide, body, result, words)
    _clear(desk, slide)


def _own_title(desk: Desk, item: Item, words: Words) -> str:
    """The finding; where a slide before says the same, such as what is missing, with its question."""
    said = finding_words(item, words)
    titles = [slide.shapes.title.text_frame.text for slide in desk.paper.deck.slides if slide.shapes.title is not None]
    return f"{words.t(f'analysis.{item.analysis}.title')}: {said}" if said in titles else said


def _above(item: Item, result: Result, words: Words) -> list[str]:
    evidence = [evidence_words(result, words)[0]] if result.evidence else []
    return [*written.eyebrow_parts(words, result), *([item.scope] if item.scope else []), *evidence]


def _below(item: Item, result: Result, words: Words) -> list[str]:
    """The foot: where the figures come from, then what must be said beside them."""
    basis = result.basis
    n = [words.t("ui.n_customers", n=basis.n_customers)] if basis.n_customers is not None else []
    where = [
        written.period_words(words, basis), item.scope or words.t("common.all_customers"), *n,
        words.t("pack.rows_used", n=basis.rows_used),
        *([evidence_words(result, words)[0]] if result.evidence else []),
    ]  # fmt: skip
    caveats = [words.t(f"note.{note.code}", **note.values) for note in result.notes]
    first = " · ".join(where)
    return [first[:1].upper() + first[1:], words.message(basis.rule), *caveats]


def notes(item: Item, words: Words) -> str:
    """The speaker notes: what to say, then method, definition, sum check and the command line."""
    result = item.result
    said = [item.note] if item.note else []
    if item.other is not None and item.results:
        return "\n".join([*said, *([""] if said else []), *deck_beside.notes(item, words)])
    if result is None:
        return "\n".join([*said, finding_words(item, words), *_command(item, words)])
    lines = [f"{what}: {value}" for what, value in basis_lines(result, words, item.scope)]
    return "\n".join([*said, *([""] if said else []), *lines, *_command(item, words)])


def _command(item: Item, words: Words) -> list[str]:
    return [f"{words.t('basis.command')}: {item.command}"] if item.command else []


def _refused(desk: Desk, slide: Any, item: Item) -> None:
    body = _eyebrow(desk, slide, desk.paper.body, desk.words.t(f"analysis.{item.analysis}.title"))
    body = _foot(desk, slide, body, [Line(desk.words.t("pack.refused_foot"))])
    line = Line(desk.words.t("pack.refused"), colour=desk.look.palette.ink2)
    put(slide, body.part(height=desk.look.length(1.2)), [line], desk.look, largest=16, smallest=9, name="Reason")


def _metrics(desk: Desk, slide: Any, body: Box, item: Item, result: Result, words: Words) -> Box:
    """At most five figures in a row: label, value, change or interval; p values only where there is nothing else."""
    palette = desk.look.palette
    known = [(name, metric) for name, metric in result.metrics.items() if metric.value is not None]
    plain = [(name, metric) for name, metric in known if metric.unit != "pvalue"]
    shown = (plain or known or list(result.metrics.items()))[:_METRICS]
    against = written.against_words(words, result, item.settings)
    gap, face = desk.look.length(_GAP), desk.look.face
    each = (body.width + gap) // len(shown)
    names: list[Line] = []
    figures: list[list[Line]] = []
    for name, metric in shown:
        change, tone, grey = written.change_of(words, metric, name)
        colour = {1: palette.accent, -1: palette.loss, 0: palette.ink2}[tone]
        said = " ".join(part for part in (change, against if grey and against else grey) if part)
        names.append(Line(written.metric_name(words, result, name), colour=palette.ink2))
        under = [Line(said, scale=0.5, colour=colour)] if said else []
        figures.append([Line(written.metric_words(words, name, metric), bold=True), *under])
    row = desk.look.length(_METRIC_ROW)
    # Names of one and of two lines end level, and the figures begin level.
    size = 11 * desk.look.scale
    most = max(face.lines(line.text, points(each - gap), size) for line in names)
    above = round(min(most, 2) * size * LEADING * 12_700)
    places = [body.part(left=each * place, width=each - gap) for place in range(len(shown))]
    under = [place.part(top=above, height=row - above) for place in places]
    largest = min(fitting(lines, box, face, 22 * desk.look.scale, 7) for lines, box in zip(figures, under, strict=True))
    for (name, _), line, lines, place, box in zip(shown, names, figures, places, under, strict=True):
        put(slide, place.part(height=above), [line], desk.look, largest=11, smallest=6, anchor=MSO_ANCHOR.BOTTOM,
            name=f"Name {name}")  # fmt: skip
        put(slide, box, lines, desk.look, largest=largest / desk.look.scale, smallest=6, name=f"Metric {name}")
    return body.part(top=row + gap // 2)


def _content(desk: Desk, slide: Any, body: Box, result: Result, words: Words) -> None:
    chart = deck_figure.chart_of(result, words, desk.look)
    if chart is None:
        _only_table(desk, slide, body, result, words)
        return
    found = deck_figure.subject(result, chart, words, desk.look)
    width, gap = round(body.width * _CHART_SHARE), desk.look.length(_GAP)
    columns = deck_tables.beside_columns(
        desk.look.face, result, words, points(body.width - width - gap), desk.look.label
    )
    with_table = len(columns) > 2 and not deck_figure.takes_whole_width(found)
    width = width if with_table else body.width
    canvas = Canvas(slide, body.part(width=width), desk.look)
    deck_figure.draw(deck_figure.head(canvas, found, words.headline(result.headline)), found)
    if with_table:
        beside = body.part(left=width + gap)
        deck_tables.beside(Canvas(slide, beside, desk.look), result, columns, words)


def _only_table(desk: Desk, slide: Any, body: Box, result: Result, words: Words) -> None:
    """An answer without a chart: its first table that is short enough to read, else a line that says where it is."""
    frames = [(result.table, result.units), *((f, result.more_units.get(n, {})) for n, f in result.tables.items())]
    for frame, units in frames:
        columns = [str(c) for c in frame.columns if written.named(words, result.key, str(c))]
        if 0 < len(frame) <= 16 and columns:
            rows = deck_tables.frame_rows(frame[columns[:7]], units, words, result.key)
            widths = deck_tables.column_widths(desk.look.face, rows, points(body.width), desk.look.label, spread=True)
            deck_tables.draw(Canvas(slide, body, desk.look), rows, widths, name="Table")
            return
    line = Line(words.t("pack.in_the_workbook", n=len(result.table)), colour=desk.look.palette.ink2)
    put(slide, body.part(height=desk.look.length(0.6)), [line], desk.look, largest=14, smallest=9, name="Table")
