"""The page of files: its headline, what waits, what was refused, what is loaded."""

from typing import Any

import streamlit as st

from ui import again, cache, guards, intake, nav, reports, session, state, text, upload, view


def _loaded() -> list[tuple[int, dict[str, Any]]]:
    opened = session.ensure_workspace()
    return [] if opened.manifest.demo else cache.reports()


def head() -> None:
    """What has been read, in a sentence."""
    opened = session.ensure_workspace()
    found = _loaded()
    rows = sum(report["rows"] for _, report in found)
    with st.container(gap=None):
        st.markdown(text.grey(view.t("page.data.upload")))
        if opened.manifest.demo or not found:
            st.title(text.plain(view.t("upload.headline_demo")), anchor=False)
        else:
            key = "upload.headline_one" if len(found) == 1 else "upload.headline"
            st.title(text.plain(view.t(key, n=len(found), rows=rows)), anchor=False)
    if opened.manifest.demo:
        with st.container(width=760):
            st.markdown(text.plain(view.t("upload.demo_help")))


def incoming() -> None:
    """What is being read; else the drop zone and the files that wait, those that were refused among them."""
    said = state.told("upload")
    if said is not None:
        st.warning(text.plain(view.words().message(said)), icon=":material/info:")
    job = state.job()
    if job is not None:
        upload.under_way(job)
        return
    upload.drop_zone()
    upload.from_folder()
    upload.waiting()


def loaded() -> None:
    """Every loaded file, newest first; not while others are being read, since they may not change then."""
    if state.job() is not None:
        return
    found = _loaded()
    if found:
        with st.container(horizontal=True):
            if st.button(
                view.t("upload.to_overview"), type="primary", key="to_overview", icon=":material/arrow_forward:"
            ):
                st.switch_page(nav.path(*nav.FIRST), query_params=view.parameters("overview"))
            if nav.exists("data", "quality") and st.button(
                view.t("upload.to_quality"), type="tertiary", key="to_quality"
            ):
                st.switch_page(nav.path("data", "quality"), query_params=view.parameters("quality"))
        _unlike()
    for file_id, report in reversed(found):
        file = intake.being_changed(file_id)
        if file is None:
            reports.loaded(file_id, report)
        else:
            again.being_changed(file_id, report, file)


def _unlike() -> None:
    """Files that are counted by different rules: told where the choice is."""
    for finding in cache.findings():
        if finding.code == "files_unlike":
            said = view.t("quality.finding_files_unlike", n=finding.n, total=finding.total)
            meaning = view.t("quality.meaning_files_unlike")
            st.warning(text.plain(f"{said}. {meaning}"), icon=":material/rule:")


def foot() -> None:
    """Templates, and the way back to the demo company."""
    upload.templates()
    guards.back_to_demo("back_to_demo")
