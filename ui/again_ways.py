"""From a loaded file's card to another reading of it: one click for what a message asks about, a button for the rest.

A file that is no longer here is asked for once more, where the button stands.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import import_folder, intake, kept, state, text, view

# What is told of purchases that never came about and of mailings that did not arrive → the choice that turns it.
_UNCOMPLETED = {
    "aside_cancelled": "none", "kept_cancelled": "cancelled", "status_waiting": "all", "aside_waiting": "cancelled",
    "aside_paid_back": "none", "kept_paid_back": "cancelled", "aside_undelivered": "none",
    "kept_undelivered": "cancelled",
}  # fmt: skip
_CURRENCIES = ("SEK", "EUR", "NOK", "DKK", "USD", "GBP", "CHF", "PLN")


def for_messages(file_id: int, report: Mapping[str, Any]) -> None:
    """The answers to what the messages ask: day and month turned, another currency, purchases called off; one click."""
    codes = {message["code"] for message in report["messages"]}
    if kept.find(file_id) is None or not codes & {"date_ambiguous", "currency_taken", *_UNCOMPLETED}:
        return
    with st.container(horizontal=True):
        if "date_ambiguous" in codes:
            turned = "no" if _day_first(report) else "yes"
            label = view.t("again.month_first" if turned == "no" else "again.day_first")
            st.button(
                label, key=f"day_first_of_{file_id}", icon=":material/calendar_month:",
                on_click=intake.read_again_with, args=(file_id, {"day_first": turned}),
            )  # fmt: skip
        if "currency_taken" in codes:
            taken = report.get("figures", {}).get("currency_taken")
            key = f"currency_of_{file_id}"
            st.menu_button(
                view.t("again.currency"), [code for code in _CURRENCIES if code != taken], key=key, type="tertiary",
                icon=":material/payments:", on_click=_in_currency, args=(file_id, key),
            )  # fmt: skip
        ways = {_UNCOMPLETED[code]: code for code in sorted(codes & _UNCOMPLETED.keys(), reverse=True)}
        for code in sorted(ways.values()):
            counts = code.startswith("aside_")
            icon = ":material/playlist_add:" if counts else ":material/playlist_remove:"
            st.button(
                view.t(f"again.uncompleted_{code}"), key=f"{code}_of_{file_id}", icon=icon,
                on_click=intake.read_again_with, args=(file_id, {"uncompleted": _UNCOMPLETED[code]}),
            )  # fmt: skip


def _day_first(report: Mapping[str, Any]) -> bool:
    """How the dates that could be either way were read."""
    open_ones = {message["column"] for message in report["messages"] if message["code"] == "date_ambiguous"}
    read = [entry["value"] for entry in report["decisions"] if entry["name"] == "day_first"
            and (entry["column"] in open_ones or None in open_ones)]  # fmt: skip
    return "yes" in read


def _in_currency(file_id: int, key: str) -> None:
    picked = state.widget(key)
    if picked:
        intake.read_again_with(file_id, {"currency": str(picked)})


def button(file_id: int) -> None:
    """The way to every choice of a loaded file; for one that is no longer here, the way to bring it."""
    st.button(
        view.t("upload.change"), key=f"again_{file_id}", type="tertiary", icon=":material/tune:", on_click=_change,
        args=(file_id,),
    )  # fmt: skip


def _change(file_id: int) -> None:
    if kept.find(file_id) is None:
        state.toggle(_asked(file_id))
    else:
        intake.change_reading(file_id)


def _asked(file_id: int) -> str:
    return f"bring_back_{file_id}"


def bring_back(file_id: int) -> None:
    """Where a file that is no longer here is dropped again; nothing before it has been asked for."""
    if not state.opened(_asked(file_id)) or kept.find(file_id) is not None:
        return
    st.markdown(text.plain(view.t("again.gone")))
    said = state.told(f"brought_{file_id}")
    if said is not None:
        st.error(text.plain(view.words().message(said)), icon=":material/error:")
    dropped = st.file_uploader(
        view.t("again.drop"), key=f"brought_{file_id}_{state.uploader_number()}",
        max_upload_size=import_folder.MEGABYTES,
    )  # fmt: skip
    if dropped is None:
        return
    if intake.bring_back(file_id, dropped.name, dropped.getbuffer()):
        state.toggle(_asked(file_id))
    else:
        state.tell(f"brought_{file_id}", "again.another")
    state.empty_uploader()
    st.rerun()
