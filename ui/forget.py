"""Forgetting a customer from the card: asked once, done for good, and a receipt that names nobody."""

import streamlit as st

from insight.errors import InsightError
from insight.words import receipt_lines
from ui import cache, confirm, kept, session, state, text, view

_PLACE = "forget"


def offer(customer_id: str) -> None:
    """The quiet button at the end of the card, with its question."""
    words = view.words()
    st.space("medium")
    confirm.button(
        words.t("forget.button"), _forget, key="forget", question=words.t("forget.question"),
        icon=":material/person_remove:", args=(customer_id,),
    )  # fmt: skip
    refusal = state.told(_PLACE)
    if refusal:
        st.error(text.plain(words.message(refusal)), icon=":material/error:")


def _forget(customer_id: str) -> None:
    try:
        receipt = session.ensure_workspace().forget(customer_id)
    except InsightError as refusal:
        state.tell(_PLACE, refusal.key, **refusal.values)
        return
    kept.let_go()
    cache.empty()
    state.set_receipt(receipt)


def receipt() -> None:
    """In the card's place, the receipt of a customer who was just forgotten; nothing else then."""
    found = state.receipt()
    if found is None:
        return
    words = view.words()
    lines = receipt_lines(found, words)
    st.title(text.plain(words.t("forget.done")), anchor=False)
    st.markdown(text.plain(lines[0]))
    st.markdown("\n".join(f"- {text.plain(line)}" for line in lines[1:]))
    if st.button(words.t("forget.to_list"), key="to_list", type="primary"):
        st.switch_page("pages/customers/list.py", query_params=view.parameters("list"))
    st.stop()
