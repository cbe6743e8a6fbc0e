"""A client's own words for customers and purchases stand on the pages, in both languages."""

import re

from insight import recipe
from insight.recipe import Recipe
from tests.build import workspace
from tests.pages import screen

WORDS = {
    "sv": {"kund": "gäst, gästen, gäster, gästerna", "köp": "besök, besöket, besök, besöken"},
    "en": {"customer": "guest, guests"},
}


def test_pages_speak_of_guests_where_the_client_does():
    opened = workspace([{"customer_id": "a", "ordered_at": "2024-05-01", "amount": 10}])
    recipe.write(opened.folder, Recipe(words=WORDS))
    swedish = screen.texts(screen.opened("customers/concentration", opened))
    assert any("gäster" in said for said in swedish)
    assert not [said for said in swedish if re.search(r"\b(kund|kunder|kunderna|köpen)\b", said, re.IGNORECASE)]
    english = screen.texts(screen.opened("customers/concentration", opened, lang="en"))
    assert any("guests" in said for said in english)
    assert not [said for said in english if re.search(r"\bcustomers?\b", said, re.IGNORECASE)]
