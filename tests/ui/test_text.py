"""Text from files stays text: every mark that markdown could read is escaped, and nothing else is changed."""

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from ui.text import plain


def read_back(text: str) -> str:
    """What CommonMark shows for escaped text: a backslash before punctuation is not shown."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\u2028\u2029")))
def test_text_is_shown_as_it_is(text):
    assert read_back(plain(text)) == text


@given(st.text())
def test_every_mark_is_escaped_and_lines_are_joined(text):
    shown = plain(text)
    assert not set("\r\n") & set(shown)
    # A point within a number is no list, and neither comma nor per cent is a mark of any kind.
    numbers = re.sub(r"(?<=\d)\.(?=\d)", "", shown)
    unescaped = re.sub(r"\\[!-/:-@\[-`{-~]", "", numbers)
    assert not set(unescaped) & (set(string.punctuation) - set(",%"))


def test_numbers_stand_as_they_are_also_where_nothing_reads_the_escapes():
    assert plain("SEK 63.4m, 1,234.50 and 12%") == "SEK 63.4m, 1,234.50 and 12%"
    assert plain("1. www.x.se") == r"1\. www\.x\.se"


def test_a_link_an_image_and_a_colour_by_hand():
    assert plain("[a](http://b)") == r"\[a\]\(http\:\/\/b\)"
    assert plain("![x](y) :red[z]\n# $q$") == r"\!\[x\]\(y\) \:red\[z\] \# \$q\$"
