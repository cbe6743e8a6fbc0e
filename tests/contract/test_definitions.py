"""Everything that is counted is defined: each measure that a page shows, and the formula each answer names."""

import pytest

from insight import definitions
from insight.analysis import registry
from insight.i18n.catalog import LANGUAGES, Words
from tests.contract.test_marks import answered


@pytest.mark.parametrize("key", sorted(registry.analyses()))
def test_every_measure_and_formula_of_an_answer_is_on_the_page(key: str):
    result = answered(key, "all")
    assert definitions.FORMULAS[key] == result.basis.formula
    for language in LANGUAGES:
        words = Words(language)
        undefined = [name for name in result.metrics if not definitions.of_metric(words, key, name)]
        assert not undefined
        names = {entry.name for entry in definitions.everything(words)}
        assert words.t(f"analysis.{key}.title") in names


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_search_finds_entries_that_hold_every_word(language: str):
    found = [entry for entry in definitions.everything(Words(language)) if entry.mentions("shapley öret")]
    assert [entry.command for entry in found] == (
        ["python -m insight run ARBETSYTA overview.key_figures"] if language == "sv" else []
    )
