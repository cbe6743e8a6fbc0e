"""What the ladder's pages have beyond other questions: the drawn test as a file, and the way to the test planner."""

import streamlit as st

from insight.audience import Mark, Pairs, pairs, scoped_query
from insight.errors import InsightError
from insight.export.assignments import assignments_csv
from ui import asked, filters, marks, session, text, view


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
    label = words.t("ladder.plan_mark_button") if mark else words.t("ladder.plan_button", step=best["step"])
    wanted = mark or Mark(analysis, chosen, pairs({**best, "room": "headroom"}), view.scope())
    if st.button(text.plain(label), key="plan_test", icon=":material/science:"):
        view.set_scope(wanted)
        st.switch_page("pages/campaigns/plan.py", query_params=view.parameters("plan"))
