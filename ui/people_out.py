"""Taking a list out: what for, who may come along, the file; and the rows of the client's own file."""

import tempfile
from dataclasses import replace
from pathlib import Path

import streamlit as st

from insight.audience import Audience, Combined, asked_by
from insight.errors import InsightError
from insight.export import file_names, people, people_rejoin
from insight.export.people import PURPOSES, Account, Purpose, Wish
from insight.export.people_hash import PLATFORMS, Platform
from insight.export.tables import column_words
from insight.i18n.catalog import Words
from insight.result import Result
from insight.workspace import audit
from ui import audiences, cache, guards, people_words, session, state, text, view

PART = "take_out"
_FORMATS = ("csv", "xlsx")
_MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def button(audience: Audience | None, *, key: str) -> None:
    """Opens what it takes to get the list; on another page than the list's, goes there first."""
    if st.button(view.t("people.download"), key=key, type="tertiary", icon=":material/download:"):
        if not state.opened(PART):
            state.toggle(PART)
        if audience is not None:
            view.set_listed(audience)
        st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))


def opener() -> None:
    """Unfolds and folds it on the list's own page."""
    st.button(
        view.t("people.download"), key="download_list", type="tertiary",
        icon=":material/expand_less:" if state.opened(PART) else ":material/download:",
        on_click=state.toggle, args=(PART,),
    )  # fmt: skip


def section(audience: Audience | None, *, sort: str, descending: bool, search: str) -> None:
    """The frame under the list's buttons, when it is unfolded."""
    if not state.opened(PART):
        return
    words = view.words().with_labels(cache.labels(audience) if audience else {})
    with st.container(border=True, key="take_out", gap="small"):
        st.header(text.plain(words.t("people.title")), anchor=False)
        if not _log_is_whole():
            return
        asked = _asked(words, sort, descending, search)
        found = cache.account(audience, asked)
        wish = _reasoned(words, asked, found)
        account = found if wish is asked else cache.account(audience, wish)
        wish = _with_columns(words, wish, audience)
        st.markdown(text.strong(people.account_words(words, account)))
        _download(audience, words, wish, account, waits=_overriding(found) and not wish.everybody)
        _own_file(audience, words, wish)


def _log_is_whole() -> bool:
    verdict = audit.verify(session.ensure_workspace().folder)
    if not verdict.whole:
        st.error(text.plain(view.t("audit.broken", line=verdict.broken)))
    return verdict.whole


def _asked(words: Words, sort: str, descending: bool, search: str) -> Wish:
    """What for, and as which file; consents are respected so far."""
    purpose: Purpose = st.segmented_control(
        words.t("people.purpose_label"), PURPOSES, default="analysis", required=True, key="w_purpose",
        persist_state="session", format_func=lambda name: words.t(f"people.purpose.{name}"),
    ) or "analysis"  # fmt: skip
    st.markdown(text.grey(words.t(f"people.purpose_help.{purpose}")))
    platform: Platform = PLATFORMS[0]
    if purpose == "ads":
        platform = st.segmented_control(
            words.t("people.platform"), PLATFORMS, default=PLATFORMS[0], required=True, key="w_platform",
            persist_state="session", format_func=lambda name: words.t(f"people.platform_{name}"),
        ) or PLATFORMS[0]  # fmt: skip
    return Wish(
        purpose, personal=state.personal_shown(), platform=platform, sort=sort, descending=descending, search=search
    )


def _reasoned(words: Words, wish: Wish, found: Account) -> Wish:
    """The wish with a reason for taking everybody along, where somebody is left out and one was written."""
    if not found.asked:
        st.markdown(f":orange[:material/warning:] :small[{text.plain(words.t('people.no_consents'))}]")
    if not _can_override(found):
        return wish
    st.toggle(words.t("people.override"), key="w_override", help=text.plain(words.t("people.override_help")))
    if not _overriding(found):
        return wish
    reason = st.text_input(
        words.t("people.reason"), key="w_reason", placeholder=words.t("people.reason_placeholder"), max_chars=300,
        live=True, width=560,
    )  # fmt: skip
    reasoned = replace(wish, reason=(reason or "").strip())
    try:
        people.checked(reasoned)
    except InsightError as refusal:
        st.markdown(text.grey(guards.in_words(refusal)))
        return wish
    if not reasoned.reason:
        st.markdown(text.grey(words.t("people.reason_needed")))
    return reasoned if reasoned.reason else wish


def _with_columns(words: Words, wish: Wish, audience: Audience | None) -> Wish:
    """The wish with what else shall come along than its purpose needs: the list's other columns, as chosen."""
    units = cache.list_page(audience, "", True, 1, state.personal_shown()).units
    offered = people.further_columns(units, wish.purpose)
    if not offered:
        return wish
    chosen = st.multiselect(
        words.t("people.columns"), offered, key=f"w_columns_{wish.purpose}", width=560,
        placeholder=words.t("people.columns_none"), help=text.plain(words.t("people.columns_help")),
        format_func=lambda name: column_words(words, name, asked_by(audience)),
    )  # fmt: skip
    return replace(wish, columns=tuple(chosen))


def _answers(audience: Audience | None) -> list[Result]:
    """The answers behind a selection, for the text of how its customers were chosen."""
    if audience is None:
        return []
    if isinstance(audience, Combined):
        found = [result for part in audience.parts for result in _answers(part)]
    else:
        found = _answers(audience.within)
        try:
            found.append(cache.run_within(audience.analysis, audience.settings, audience.within))
        except InsightError:
            # The list can be made where its answer cannot: then its sentence says whom it holds.
            return found
    return list({(result.key, result.basis.start, result.basis.end): result for result in found}.values())


def _can_override(found: Account) -> bool:
    """Whether anybody is left out for want of consent."""
    return any(reason != "no_address" for reason in found.dropped)


def _overriding(found: Account) -> bool:
    return _can_override(found) and bool(state.widget("w_override"))


def _download(audience: Audience | None, words: Words, wish: Wish, account: Account, *, waits: bool) -> None:
    workspace = session.ensure_workspace()
    kind = "csv"
    with st.container(horizontal=True, vertical_alignment="bottom", key="take_out_file"):
        if wish.purpose != "ads":
            kind = st.segmented_control(
                words.t("people.format"), _FORMATS, default="csv", required=True, key="w_format",
                persist_state="session", format_func=lambda name: words.t(f"people.format_{name}"),
            ) or "csv"  # fmt: skip
        results = _answers(audience)

        def made() -> bytes:
            if kind == "xlsx":
                return people.xlsx_file(workspace, audience, words, wish, results)
            return people.csv_file(workspace, audience, words, wish)

        st.download_button(
            words.t("people.get" if account.n_rows else "people.get_none", n=account.n_rows),
            made,
            file_name=f"{_file_name(words, audience, wish)}.{kind}", mime=_MIME[kind], key="get_list", type="primary",
            icon=":material/download:",
            on_click="ignore", disabled=waits or not account.n_rows,
        )  # fmt: skip
        if kind == "csv":
            st.download_button(
                words.t("people.get_about"), lambda: people.about_text(words, audience, wish, account, results),
                file_name=f"{_file_name(words, audience, wish, 'people.file_about')}.txt",
                mime="text/plain; charset=utf-8", key="get_about", type="tertiary", icon=":material/description:",
                on_click="ignore", disabled=waits,
            )  # fmt: skip
    with st.container(width=760):
        if wish.purpose == "ads":
            st.markdown(text.grey(words.t("people.ads_note")))
        st.markdown(text.grey(words.t("people.log_note")))


def _file_name(words: Words, audience: Audience | None, wish: Wish, part: str = "") -> str:
    """What a file of the list is called, without its ending. part: the key of what it holds beside the list."""
    purpose = f"platform_{wish.platform}" if wish.purpose == "ads" else f"purpose.{wish.purpose}"
    dated = session.ensure_workspace().manifest.counts.get("transactions")
    return file_names.of_list(
        words.t("people.file_list"), whom=audiences.name_of(audience) if audience else "",
        purpose=words.t(f"people.{purpose}"), until=cache.extent()[1].isoformat() if dated else "",
        part=words.t(part) if part else "",
    )  # fmt: skip


# --- the client's own file --------------------------------------------------------------------------------------------


def _own_file(audience: Audience | None, words: Words, wish: Wish) -> None:
    """Unfolded: the file once more, read when asked for; what comes of it lives for this run of the page only."""
    part = f"{PART}_own"
    st.button(
        words.t("people.rejoin.title"), key="own_file", type="tertiary",
        icon=":material/expand_less:" if state.opened(part) else ":material/expand_more:",
        on_click=state.toggle, args=(part,),
    )  # fmt: skip
    if not state.opened(part):
        return
    with st.container(width=760):
        st.markdown(
            text.plain(words.t("people.rejoin.why" if _ids_are_hashes(audience) else "people.rejoin.why_plain"))
        )
        file = st.file_uploader(
            words.t("people.rejoin.file"), key="w_own_file", type=["csv", "txt", "xlsx", "xlsm", "xls", "ods"]
        )
    if file is None or not st.button(words.t("people.rejoin.make"), key="read_own_file"):
        return
    with tempfile.TemporaryDirectory(prefix="kundkompass-rejoin-") as folder:
        path = Path(folder) / "own"
        path.write_bytes(file.getbuffer())
        try:
            found = people_rejoin.rejoin(session.ensure_workspace(), audience, wish, path, file.name)
        except InsightError as refusal:
            st.error(text.plain(guards.in_words(refusal)))
            return
    kept = found.account.n_rows
    said = [
        words.t(
            "people.rejoin.done", rows=found.n_rows, found=kept - found.missing, kept=kept, column=found.column
        ),
        *([words.t("people.rejoin.missing", n=found.missing)] if found.missing else []),
    ]  # fmt: skip
    st.markdown(text.plain(" ".join(said)))
    st.download_button(
        words.t("people.rejoin.get"), found.content, mime=_MIME["csv"], key="get_own_rows", type="primary",
        file_name=f"{_file_name(words, audience, wish, 'people.rejoin.file_part')}.csv", icon=":material/download:",
        on_click="ignore", disabled=not found.n_rows,
    )  # fmt: skip


def _ids_are_hashes(audience: Audience | None) -> bool:
    """Whether the list's ids look as what is stored instead of personal numbers."""
    ids = [str(name) for name in cache.summary(audience).first["customer_id"]]
    return bool(ids) and all(map(people_words.is_code, ids))
