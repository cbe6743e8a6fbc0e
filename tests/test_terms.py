"""Words of the trade take the place of ours in every form, and nowhere else."""

import pytest

from insight.errors import UsageError
from insight.i18n import terms
from insight.i18n.catalog import LANGUAGES, Words, catalogue

GUEST = {"kund": "gäst, gästen, gäster, gästerna, gäst", "köp": "gästnatt, gästnatten, gästnätter, gästnätterna"}


def said(text: str, language: str = "sv", **own: str) -> str:
    chosen = own or GUEST
    return terms.adapted({"label.x": text}, language, tuple(sorted(chosen.items())))["label.x"]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Kunden köpte, och en kund till", "Gästen köpte, och en gäst till"),
        ("{n:count} kunder, kundernas köp och kundens kort", "{n:count} gäster, gästernas gästnätter och gästens kort"),
        ("Kundlistan, kundnr och kundtid", "Gästlistan, gästnr och gästtid"),
        ("De kunde handla i Kundkompass", "De kunde handla i Kundkompass"),
        ("Ett köp, inga köp, inget köp", "En gästnatt, inga gästnätter, ingen gästnatt"),
        ("köpen per köp", "gästnätterna per gästnatt"),
        ("{kund} och {köp:text} står kvar", "{kund} och {köp:text} står kvar"),
        ("Köpare som köpt", "Köpare som köpt"),
        ("köpstegen", "gästnattstegen"),
        ("{n:count} {n:one|kund har|kunder har} {n:one|köp|köp}",
         "{n:count} {n:one|gäst har|gäster har} {n:one|gästnatt|gästnätter}"),
    ],
)  # fmt: skip
def test_swedish_forms(ours: str, theirs: str):
    assert said(ours) == theirs


def test_a_genitive_takes_no_second_s():
    assert said("kunds", kund="boss, bossen, bossar, bossarna") == "boss"


def test_a_form_that_joins_is_used_in_compounds():
    assert said("Kundkort", kund="medlem, medlemmen, medlemmar, medlemmarna, medlems") == "Medlemskort"


def test_a_neuter_word_takes_its_article():
    assert said("En kund, ingen kund", kund="företag, företaget, företag, företagen") == "Ett företag, inget företag"


def test_english_forms_and_article():
    own = {"customer": "attendee, attendees", "purchase": "visit, visits"}
    ours = "A customer's purchases: the customers' every purchase"
    assert said(ours, "en", **own) == "An attendee's visits: the attendees' every visit"


def test_texts_about_files_keep_the_names_of_columns():
    chosen = tuple(sorted(GUEST.items()))
    assert terms.adapted({"ingest.x": "kundnr", "ui.x": "kund"}, "sv", chosen) == {"ingest.x": "kundnr", "ui.x": "gäst"}


@pytest.mark.parametrize(
    ("language", "term", "text", "key"),
    [
        ("sv", "butik", "a, b, c, d", "terms.unknown"),
        ("sv", "kund", "gäst", "terms.forms"),
        ("en", "customer", "guest", "terms.forms"),
        ("sv", "kund", "{x}, b, c, d", "terms.letters"),
        ("en", "customer", "<b>, guests", "terms.letters"),
        ("en", "customer", "guest, " + "g" * 41, "terms.letters"),
    ],
)
def test_what_is_no_term_is_refused(language: str, term: str, text: str, key: str):
    with pytest.raises(UsageError) as refusal:
        terms.read(language, term, text)
    assert refusal.value.key == key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_preset_reads_and_no_text_of_ours_is_left(language: str):
    for term, presets in terms.PRESETS[language].items():
        for preset in presets:
            assert terms.read(language, term, preset)
    first = {term: presets[0] for term, presets in terms.PRESETS[language].items()}
    words = Words(language, terms=first)
    for key in catalogue(language):
        if key.startswith("metric."):
            heard = words.t(key).lower().split()
            assert not {"kund", "kunder", "köp", "customer", "customers", "purchase", "purchases"} & set(heard), key


def test_a_count_of_one_takes_the_form_of_one_in_the_words_of_the_trade():
    texts = {"x": "{n:count} {n:one|kund|kunder}, {m:one|allt|alla}"}
    words = Words("sv", terms=GUEST)
    words._texts = terms.adapted(texts, "sv", tuple(sorted(GUEST.items())))
    assert [words.t("x", n=n, m=n) for n in (0, 1, 2)] == ["0 gäster, alla", "1 gäst, allt", "2 gäster, alla"]
