"""Whom an answer speaks of, in words with how many they are: what the opening and the summary of a deck say."""

from collections.abc import Sequence

from insight.export.item import Item
from insight.i18n.catalog import Words


def whom(item: Item, words: Words) -> str:
    """'Rörelser: Guld → Inga köp (204 kunder)'; both groups where two stand side by side; '' for all customers."""
    if item.other is None:
        return _with_size(item.scope, item, words) if item.scope else ""
    first, second = (_with_size(side.name, side, words) for side in (item, item.other))
    return words.t("compare.two", first=first, second=second)


def shared(items: Sequence[Item], words: Words) -> str:
    """Whom all the answers speak of; '' where that is everybody, or not the same in all of them."""
    found = {whom(item, words) for item in items}
    return found.pop() if len(found) == 1 else ""


def _with_size(named: str, item: Item, words: Words) -> str:
    if item.size is None:
        return named
    return words.t("pack.whom", name=named, customers=words.t("ui.n_customers", n=item.size))
