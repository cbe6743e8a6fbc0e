"""Every definition in one place: the page, the help beside a measure and the slides read the same catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from insight.analysis import registry
from insight.i18n.catalog import Words

Section = Literal["terms", "measures", "how"]

TERMS = (
    "customer", "sale", "purchase", "return", "unidentified", "margin", "period", "window", "scope", "step", "interval",
    "pvalue", "control", "before_after", "association",
)  # fmt: skip
# Which definition an analysis counts by: its `Basis.formula`.
FORMULAS: Mapping[str, str] = {
    "overview.key_figures": "key_figures", "overview.series": "series", "overview.breakdown": "breakdown",
    "segments.rfm": "rfm", "segments.value_tiers": "value_tiers", "segments.lifecycle": "lifecycle",
    "segments.clusters": "clusters", "segments.cross": "index", "segments.profile": "index",
    "concentration.lorenz": "lorenz",
    "ladder.steps": "ladder_steps", "ladder.history": "ladder_steps", "ladder.levels": "ladder_steps",
    "ladder.migration": "migration", "ladder.flow": "migration", "ladder.bridge": "bridge",
    "ladder.bridge_by": "bridge", "ladder.next_step": "next_step", "ladder.holdout": "holdout",
    "ladder.what_if": "what_if", "ladder.movers": "movers", "ladder.potential": "potential", "ladder.around": "around",
    "ladder.climb": "climb", "ladder.scenario": "scenario",
    "lift.verdict": "lift_verdict", "lift.checks": "lift_checks", "lift.curve": "lift_curve",
    "lift.repeat": "lift_repeat", "lift.segments": "lift_segments", "lift.sold": "lift_sold", "lift.plan": "lift_plan",
    "lift.draw": "lift_draw", "lift.register": "lift_register", "lift.totals": "lift_totals",
    "lift.tests": "lift_tests",
    "nps.score": "nps", "nps.trend": "nps", "nps.by_step": "nps_by_step", "nps.groups": "nps_groups",
    "nps.spread": "nps_spread", "nps.before_after": "nps_before_after", "nps.change": "nps_change",
    "nps.response": "nps_response", "nps.act": "nps_act", "nps.themes": "nps_themes",
}  # fmt: skip


@dataclass(frozen=True)
class Definition:
    """One entry: what is defined, in words. `question`, `settings` and `command` are an analysis' own."""

    section: Section
    name: str
    text: str
    question: str = ""
    settings: tuple[str, ...] = ()
    command: str = ""

    def mentions(self, looked_for: str) -> bool:
        """Whether every word of a search stands somewhere in the entry."""
        held = " ".join((self.name, self.text, self.question, *self.settings, self.command)).lower()
        return all(word in held for word in looked_for.lower().split())


def of_metric(words: Words, analysis: str, name: str) -> str:
    """What a measure means: in this analysis, else everywhere; '' where nobody has said."""
    own, shared = f"defined.own.{analysis}.{name}", f"defined.metric.{name}"
    return words.t(own) if words.has(own) else words.t(shared) if words.has(shared) else ""


def everything(words: Words) -> tuple[Definition, ...]:
    """All definitions: the words of the field, then the measures by name, then how every question is counted."""
    terms = [
        Definition("terms", words.t(f"definitions.term_{term}"), words.t(f"defined.term.{term}")) for term in TERMS
    ]
    return (*terms, *_measures(words), *_counted(words))


def _measures(words: Words) -> list[Definition]:
    """A measure a name: those that mean the same under one name are told once."""
    prefix = "defined.metric."
    found: dict[tuple[str, str], Definition] = {}
    for key in words.keys(prefix):
        name = key.removeprefix(prefix)
        if not words.has(f"metric.{name}"):
            continue
        entry = Definition("measures", words.t(f"metric.{name}"), words.t(key))
        found[entry.name, entry.text] = entry
    return sorted(found.values(), key=lambda entry: entry.name.lower())


def _counted(words: Words) -> list[Definition]:
    found: list[Definition] = []
    for key, analysis in registry.analyses().items():
        labels = [f"setting.{setting.name}.label" for setting in analysis.settings]
        found.append(
            Definition(
                "how",
                words.t(f"analysis.{key}.title"),
                words.t(f"definition.{FORMULAS[key]}"),
                words.t(f"analysis.{key}.question"),
                tuple(dict.fromkeys(words.t(label) for label in labels if words.has(label))),
                f"python -m insight run {words.t('ui.workspace_placeholder')} {key}",
            )
        )
    return found
