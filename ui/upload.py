"""The upload page's parts: where files are dropped, what each was taken for, and what the user may change."""

import pandas as pd
import streamlit as st

from insight.errors import InsightError
from insight.ingest.proposal import Proposal, ProposedColumn
from insight.ingest.schema import TABLES, Field
from insight.ingest.templates import file_name, template
from insight.result import Message
from ui import import_folder, intake, reports, state, text, view
from ui.reading import Job

_AUTO = ""
_HEADERS = 30
_ENCODINGS = ("utf-8", "windows-1252", "mac-roman", "cp850", "utf-16")
_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "pipe"}
# What the reader calls some of the choices.
_CALLED = {"tab": "\t", "cp1252": "windows-1252"}
_ATTRIBUTE = "attribute"
# What an earlier file settles only where this one does not say otherwise.
_OPEN = ("day_first", "decimal", "currency")
# What can be read, and what is often tried: a refusal of ours says what to do, the browser's only that it is refused.
_TYPES = [
    "csv", "txt", "tsv", "tab", "prn", "asc", "skv", "dat", "lst", "rpt", "xlsx", "xlsm", "xlsb", "xls", "xltx", "ods",
    "parquet", "zip", "gz", "numbers", "json", "ndjson", "xml", "html", "htm", "pdf", "dif", "slk", "tar", "7z", "rar",
]  # fmt: skip


def drop_zone() -> None:
    """Where files are dropped; each goes at once to a private folder and out of the browser's memory."""
    key = f"upload_{state.uploader_number()}"
    files = st.file_uploader(
        view.t("upload.drop"), accept_multiple_files=True, type=_TYPES, key=key, max_upload_size=import_folder.MEGABYTES
    )
    if files:
        for file in files:
            intake.take(file.name, file.getbuffer())
        state.empty_uploader()
        st.rerun()


def from_folder() -> None:
    """Files of the import folder, for those that are too large for the browser; nothing where there is no folder."""
    here = import_folder.folder()
    if here is None:
        return
    words = view.words()
    with st.expander(words.t("upload.folder"), key="import_folder", icon=":material/folder_open:"):
        st.markdown(text.grey(words.t("upload.folder_help", limit=import_folder.MEGABYTES, folder=here)))
        waiting = {file.path for file in state.incoming()}
        found = {path.name: (path, size) for path, size in import_folder.files() if path not in waiting}
        if not found:
            st.markdown(text.plain(words.t("upload.folder_empty")))
            return
        sizes = {name: words.t("upload.megabytes", n=size / 1e6) for name, (_, size) in found.items()}
        chosen = st.multiselect(
            words.t("upload.folder_files"), list(found), format_func=lambda name: f"{name} ({sizes[name]})",
            key=f"folder_files_{state.uploader_number()}", placeholder=words.t("upload.folder_choose"),
        )  # fmt: skip
        if st.button(words.t("upload.folder_take"), key="folder_take", disabled=not chosen):
            for name in chosen:
                intake.take_from(found[name][0])
            state.empty_uploader()
            st.rerun()


def waiting() -> None:
    """The files that wait, each with what it was taken for, and the one button that reads them."""
    files = intake.waiting()
    if not files:
        return
    ready: list[state.Incoming] = []
    for place, file in enumerate(files):
        with st.container(border=True, key=f"waiting_{place}"):
            if _waiting_file(f"{place}", file) and file.refusal is None:
                ready.append(file)
    with st.container(horizontal=True):
        if ready and st.button(view.t("upload.read", n=len(ready)), type="primary", key="read"):
            intake.start(ready)
            st.rerun()
        if st.button(view.t("upload.drop_all"), type="tertiary", key="drop_all"):
            for file in files:
                intake.drop(file)
            st.rerun()


def look(file: state.Incoming) -> Proposal | InsightError:
    """What the reader would do with a file, or why its choices can't be meant."""
    try:
        return intake.proposal(file)
    except InsightError as refusal:
        return refusal


def can_be_read(found: Proposal | InsightError) -> bool:
    """Whether nothing speaks against reading it so far."""
    return isinstance(found, Proposal) and found.outcome != "refuse"


def _waiting_file(place: str, file: state.Incoming) -> bool:
    """One file that waits; whether it can be read as it is chosen."""
    found = look(file)
    can = can_be_read(found)
    reports.name_row(file.name, "waiting" if can and file.refusal is None else "refuse")
    as_chosen(place, file, found)
    with st.container(horizontal=True):
        if can and file.refusal is not None and st.button(view.t("upload.try_again"), key=f"retry_{place}"):
            intake.start([file])
            st.rerun()
        with st.popover(view.t("upload.change"), icon=":material/tune:", type="tertiary", key=f"change_{place}"):
            choices(place, file, found)
        if st.button(view.t("upload.remove"), type="tertiary", icon=":material/close:", key=f"remove_{place}"):
            intake.drop(file)
            st.rerun()
    return can


def as_chosen(place: str, file: state.Incoming, found: Proposal | InsightError) -> None:
    """Why a file was refused, or what it is taken for; what was seen, its columns and its first rows."""
    words = view.words()
    if isinstance(found, InsightError):
        st.error(text.plain(words.message(Message(found.key, found.values))), icon=":material/error:")
        return
    if file.refusal is not None:
        reports.refused(file.refusal)
    elif found.kind and found.outcome != "refuse":
        taken = words.t("upload.taken_for", kind=words.t(f"table.{found.kind}"))
        reason = f" {words.message(found.kind_reason)}" if found.kind_reason else ""
        st.markdown(text.grey(taken + reason))
    for message in found.messages:
        sentence = text.plain(words.message(message.message))
        if message.severity == "error":
            st.error(sentence, icon=":material/error:")
        elif message.severity == "warning" and message.code != "memory_used":
            st.markdown(f":orange[:material/warning:] :small[{sentence}]")
    if found.recalled:
        _as_before(place, file, found)
    if found.columns:
        _mapping(place, file, found)
        with st.expander(view.t("upload.first_rows"), key=f"rows_{place}"):
            _first_rows(found)


def _as_before(place: str, file: state.Incoming, found: Proposal) -> None:
    """What was taken from an earlier file like this one, and the way to read it as if it were the first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for message in found.messages:
            if message.code == "memory_used":
                icon = ":orange[:material/warning:]" if message.severity == "warning" else ":material/history:"
                st.markdown(f"{icon} :small[{text.plain(view.words().message(message.message))}]", width="content")
        if st.button(view.t("upload.read_anew"), type="tertiary", key=f"read_anew_{place}"):
            intake.read_anew(file, found.recalled)
            st.rerun()


def _first_rows(found: Proposal) -> None:
    """The first rows as they were read; cells with personal data are hidden."""
    heads = _unique([column.label for column in found.columns])
    hidden = [bool(column.personal) for column in found.columns]
    rows = [["•••" if hide and cell else cell for cell, hide in zip(row, hidden, strict=True)] for row in found.rows]
    st.dataframe(pd.DataFrame(rows, columns=heads), hide_index=True, alt=view.t("upload.first_rows"))


def _unique(names: list[str]) -> list[str]:
    return [name if names.index(name) == place else f"{name} ({place + 1})" for place, name in enumerate(names)]


def _field_words(found: Proposal) -> dict[str, str]:
    """What a column can be read as: every field of the kind, those of other tables that it fills, an extra field."""
    table = TABLES.get(found.kind)
    named = {} if table is None else {f.name: _field_word(f) for f in table.fields}
    for column in found.columns:
        if column.beside:
            other, _, name = column.beside.partition(".")
            named[column.beside] = f"{view.t(f'table.{other}')}: {_field_word(TABLES[other].field(name))}"
    return {_ATTRIBUTE: view.t("upload.as_attribute"), **named}


def _field_word(field: Field) -> str:
    return field.sv if view.language() == "sv" else field.en


def _mapping(place: str, file: state.Incoming, found: Proposal) -> None:
    """Column by column: examples, what it is read as, and why; the user's choice wins."""
    words = view.words()
    fields = _field_words(found)
    frame = pd.DataFrame(
        {
            "column": [column.label for column in found.columns],
            "examples": [", ".join(column.examples) if not column.personal else "•••" for column in found.columns],
            "field": [fields[_now(column)] for column in found.columns],
            "reason": [words.message(column.reason) for column in found.columns],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=["column", "examples", "reason"],
        column_config={
            "column": st.column_config.TextColumn(words.t("upload.column")),
            "examples": st.column_config.TextColumn(words.t("upload.examples")),
            "field": st.column_config.SelectboxColumn(
                words.t("upload.read_as"), options=list(fields.values()), required=True
            ),
            "reason": st.column_config.TextColumn(words.t("upload.why"), width="large"),
        },
        key=f"mapping_{place}_{abs(hash((file.path, file.options)))}",
    )
    _apply(file, found, list(edited["field"]), fields)


def _now(column: ProposedColumn) -> str:
    """What a column is read as now."""
    return column.field or column.beside or _ATTRIBUTE


def _apply(file: state.Incoming, found: Proposal, chosen: list[str], fields: dict[str, str]) -> None:
    """Turn changed cells into choices: a field that lost its column is left out, a column that got one is mapped."""
    by_words = {words: field for field, words in fields.items()}
    changes: dict[str, str | None] = {}
    for column, picked in zip(found.columns, chosen, strict=True):
        field = by_words.get(picked, _ATTRIBUTE)
        before = _now(column)
        if field == before:
            continue
        if before != _ATTRIBUTE:
            changes.setdefault(f"map.{before.rpartition('.')[2]}", None)
        if field != _ATTRIBUTE:
            changes[f"map.{field.rpartition('.')[2]}"] = column.label
    if changes:
        intake.choose(file, **changes)
        st.rerun()


def choices(place: str, file: state.Incoming, read: Proposal | InsightError) -> None:
    """Everything else that was decided, to be changed: kind, sheet, encoding, separator, numbers, dates, currency."""
    words = view.words()
    found = read if isinstance(read, Proposal) else None
    named = dict(file.options)
    before = {} if found is None else found.remembered
    offered: list[tuple[str, dict[str, str]]] = [
        ("kind", {name: words.t(f"table.{name}") for name in TABLES}),
        *([("sheet", {name: name for name in found.sheets})] if found is not None and len(found.sheets) > 1 else []),
        *([("member", {name: name for name in found.members})] if found is not None and len(found.members) > 1 else []),
        (
            "header_line",
            {"0": words.t("upload.no_header"), **{str(n): str(n) for n in range(1, _HEADERS + 1)}},
        ),
        ("encoding", {name: name for name in _ENCODINGS}),
        ("quote", {'"': '"', "'": "'"}),
        ("delimiter", {sign: words.t(f"upload.delimiter_{name}") for sign, name in _DELIMITERS.items()}),
        ("decimal", {",": words.t("upload.decimal_comma"), ".": words.t("upload.decimal_point")}),
        ("date_system", {year: words.t(f"upload.date_system_{year}") for year in ("1900", "1904")}),
        ("day_first", {"yes": words.t("upload.day_first"), "no": words.t("upload.month_first")}),
        ("vat", {name: words.t(f"upload.vat_{name}") for name in ("excluded", "included")}),
        *([("personal_ids", _personal_ids())] if found is not None and _has_personal_numbers(found) else []),
        *([("sets", _sets())] if "sets" in {*named, *_decided(found)} else []),
        ("order_sums", {"keep": words.t("upload.order_sums_keep")}),
        ("uncompleted", {name: words.t(f"upload.uncompleted_{name}") for name in ("none", "all")}),
        ("signs", {"swap": words.t("upload.signs_swap")}),
        ("returns", {name: words.t(f"upload.returns_{name}") for name in ("sign", "none")}),
        *([("if_exists", _if_exists())] if file.instead_of is None else []),
        ("overlap", {"skip": words.t("upload.overlap_skip")}),
    ]
    decided = _decided(found)
    for name, options in offered:
        if name in before:
            options |= _undone(name)
        _choice(place, file, name, options, named.get(name, _AUTO), decided.get(name, ""), before.get(name, ""))
    currency = st.text_input(
        words.t("upload.currency"), value=named.get("currency", ""), max_chars=3, key=f"currency_{place}",
        placeholder=_as_last_time("currency", before.get("currency", "")) or words.t("upload.automatic"),
    )  # fmt: skip
    if currency.strip().upper() != named.get("currency", ""):
        intake.choose(file, currency=currency.strip().upper())
        st.rerun()


def _has_personal_numbers(found: Proposal) -> bool:
    return any(column.personal == "personal_number" for column in found.columns)


def _if_exists() -> dict[str, str]:
    return {name: view.t(f"upload.if_exists_{name}") for name in ("replace", "refuse")}


def _sets() -> dict[str, str]:
    return {name: view.t(f"upload.sets_{name}") for name in ("spread", "keep")}


def _personal_ids() -> dict[str, str]:
    return {name: view.t(f"upload.personal_ids_{name}") for name in ("drop", "birth")}


def _decided(found: Proposal | None) -> dict[str, str]:
    """What the file itself decides, by the names of the choices."""
    if found is None:
        return {}
    said = {d.name: _CALLED.get(d.value, d.value) for d in found.decisions if d.column is None}
    return {**said, "sheet": found.sheet or ""}


def _undone(name: str) -> dict[str, str]:
    """How to say that what was chosen for an earlier file does not hold for this one, where there is a word for it."""
    plain = {"signs": "keep", "returns": "auto", "order_sums": "aside", "uncompleted": "cancelled"}.get(name)
    return {plain: view.t(f"upload.{name}_{plain}")} if plain else {}


def _as_last_time(name: str, value: str) -> str:
    """What holds without a choice where an earlier file settles it, some of it only where this one leaves it open."""
    return view.t("upload.before_open" if name in _OPEN else "upload.before", value=value) if value else ""


def _choice(
    place: str, file: state.Incoming, name: str, options: dict[str, str], now: str, decided: str, before: str
) -> None:
    """One choice; what happens without one is said, where an earlier file or the first rows decide it."""
    values = [_AUTO, *options]
    automatic = view.t("upload.automatic")
    if decided and now == _AUTO:
        automatic = view.t("upload.automatic_as", value=options.get(decided, decided))
    if before in options:
        automatic = _as_last_time(name, options[before])
    named = {_AUTO: automatic, **options}
    picked = st.selectbox(
        view.t(f"upload.option_{name}"), values, index=values.index(now) if now in values else 0,
        format_func=lambda value: named[value], key=f"{name}_{place}",
    )  # fmt: skip
    if picked != now:
        intake.choose(file, **{name: picked})
        st.rerun()


def under_way(job: Job) -> None:
    """The files that are being read: how far each has come, how long it will take, and the way to stop it."""
    with st.container(border=True, key="reading"):
        _bars(job)


@st.fragment(run_every=0.5)
def _bars(job: Job) -> None:
    """Drawn anew by itself until the reading ends; then the whole page is."""
    words = view.words()
    if job.done:
        st.rerun()
    for place, file in enumerate(job.files):
        share, left = job.share(place), job.seconds_left(place)
        rows = job.rows(place)
        if rows is None:
            size, read = (words.t("upload.megabytes", n=n * job.size(place) / 1e6) for n in (1, share))
        else:
            size, read = words.t("upload.about_rows", n=rows), words.count(round(share * rows))
        values = {"name": file.name, "read": read, "size": size}
        if share >= 1:
            told = words.t("upload.progress_done", **values)
        elif left is None:
            told = words.t("upload.progress_waits", **values)
        else:
            told = words.t("upload.progress", left=_time(left), **values)
        st.progress(share, text.plain(told))
    if all(job.share(place) >= 1 for place in range(len(job.files))):
        st.progress(job.tables, text.plain(words.t("upload.progress_tables")))
    if job.stopping:
        st.markdown(text.grey(words.t("upload.stopping")))
    elif st.button(words.t("upload.cancel"), key="cancel_reading", icon=":material/stop_circle:"):
        job.cancel()
        st.rerun(scope="fragment")


def _time(seconds: float) -> str:
    """About how long, in seconds or minutes."""
    if seconds < 90:
        return view.words().t("upload.seconds", n=max(1, round(seconds)))
    return view.words().t("upload.minutes", n=round(seconds / 60))


def templates() -> None:
    """Empty templates and filled examples of every table, to download."""
    words = view.words()
    with st.expander(words.t("upload.templates"), key="templates"):
        st.markdown(text.grey(words.t("upload.templates_help")))
        table = st.selectbox(
            words.t("upload.option_kind"),
            list(TABLES),
            format_func=lambda name: words.t(f"table.{name}"),
            key="template",
        )
        language = view.language()
        with st.container(horizontal=True):
            for form in ("xlsx", "csv"):
                for filled in (False, True):
                    st.download_button(
                        words.t(f"upload.template_{'filled' if filled else 'empty'}", form=form.upper()),
                        template(table, language, form, filled=filled),
                        file_name=file_name(table, language, form, filled=filled),
                        key=f"template_{form}_{filled}", type="tertiary", icon=":material/download:", on_click="ignore",
                    )  # fmt: skip
