"""What the ladder's pages have beyond other questions: bounds to lock, the drawn test as a file, the way to a plan."""

from datetime import date

import streamlit as st

from insight import ladder_lock
from insight.audience import Mark, Pairs, pairs, scoped_query
from insight.errors import InsightError
from insight.export.assignments import assignments_csv
from ui import asked, cache, filters, marks, recipes, session, text, view


def bounds_row(analysis: str) -> None:
    """Which bounds the ladder has and where they come from, with the button that locks them or lets them go."""
    chosen = filters.chosen(analysis)
    try:
        found = cache.bounds_in_force(analysis, chosen)
    except InsightError:
        # The page says what is missing, in the question's own words.
        return
    if found is None:
        return
    words = view.words()
    lock = ladder_lock.find(recipes.locks(), found.basis, found.window_kind)
    with st.container(horizontal=True, vertical_alignment="center", key=f"bounds_{analysis}"):
        if lock is not None and ladder_lock.amounts(lock.bounds) == found.bounds:
            said = words.t("lock.locked", bounds=found.bounds, day=date.fromisoformat(lock.locked_on))
            if ladder_lock.amounts(lock.proposed) != found.proposed:
                said = f"{said} {words.t('lock.moved', bounds=found.proposed)}"
            label, icon, change, wanted = "free", "lock_open", recipes.unlock, lock
        else:
            source = "own" if filters.typed("ladder.bounds") else "club" if "bounds" in dict(chosen) else "proposed"
            period = words.period(found.opened, found.closed)
            said = words.t(f"lock.{source}", bounds=found.bounds, period=period)
            label, icon, change, wanted = "keep", "lock", recipes.lock, found.locked(date.today())
        st.markdown(text.grey(said), width="content")
        st.button(
            words.t(f"lock.{label}"), key=f"lock_{analysis}", type="tertiary", icon=f":material/{icon}:",
            help=text.plain(words.t(f"lock.{label}_help")), on_click=change, args=(wanted,),
        )  # fmt: skip


def draw_button(analysis: str) -> None:
    """Download the drawn test: a row a customer, as it loads back."""
    chosen: Pairs = filters.chosen(analysis)
    words, workspace, scope = view.words(), session.ensure_workspace(), view.scope()

    def build() -> bytes:
        with scoped_query(workspace, scope) as query:
            return assignments_csv(query, words, analysis, chosen)

    st.download_button(
        words.t("ladder.file_button"), build, file_name=words.t("ladder.file_name"), mime="text/csv; charset=utf-8",
        key="draw_file", type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def plan_button(analysis: str) -> None:
    """To the planner, looking within those who have room on the step with most potential, or within the chosen mark."""
    try:
        result, chosen = asked.run(analysis, filters.chosen(analysis), quietly=True)
    except InsightError:
        # The page has said what is missing; without an answer there is nobody to plan for.
        return
    words = view.words().with_labels(result.labels)
    best = result.metrics["best_step"].mark
    mark = marks.current(result, chosen)
    if not best and mark is None:
        # Nobody has twins, so nobody has room: the page has said so.
        return
    label = words.t("ladder.plan_mark_button") if mark else words.t("ladder.plan_button", step=best["step"])
    wanted = mark or Mark(analysis, chosen, pairs({**best, "room": "headroom"}), view.scope())
    if st.button(text.plain(label), key="plan_test", icon=":material/science:"):
        view.set_scope(wanted)
        st.switch_page("pages/campaigns/plan.py", query_params=view.parameters("plan"))
