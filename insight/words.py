"""Audiences in words: the sentence that names a selection in a language."""

from insight.analysis import registry
from insight.audience import Audience, Mark
from insight.i18n.catalog import Words


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
    return words.t("audience.not", first=parts[0], others=words.list(parts[1:]))


def _mark(mark: Mark, words: Words) -> str:
    values = dict(mark.mark)
    specific = f"audience.marks.{mark.analysis}"
    title = words.t(f"analysis.{mark.analysis}.title")
    if words.has(specific) and set(values) == set(registry.find(mark.analysis).marks):
        return words.t(specific, **{name: words.label(value) for name, value in values.items()})
    if not values:
        return words.t("audience.sentence_all", title=title)
    return words.t("audience.sentence", title=title, mark=" → ".join(words.label(value) for value in values.values()))
