"""Hashes for advertising platforms: the platforms' own published examples, and Swedish ways of writing a number."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.export.people_hash import hashed_email, hashed_phone, phone


def test_meta_publishes_these_hashes():
    """Meta, Conversions API, customer information parameters: `em` and `ph`."""
    assert (
        hashed_email("John_Smith@gmail.com", "meta")
        == "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    )
    assert (
        hashed_phone("+1 (650)555-1212", "meta") == "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
    )


def test_tiktok_publishes_the_hash_of_a_normalised_address_that_all_platforms_share():
    """TikTok, List of supported IDs and formats for a customer file: janedoe@gmail.com."""
    published = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"
    assert hashed_email("  JaneDoe@Gmail.com\n", "google") == published
    assert hashed_email("janedoe@gmail.com", "meta") == published


def test_google_normalises_to_e164_with_plus_and_drops_dots_before_gmail():
    """Google, Data Manager API, Format user data: (800)555-0100 becomes +18005550100; gmail.com loses its dots."""
    assert phone("+1 (800)555-0100") == "+18005550100"
    assert hashed_phone("+1 (800)555-0100", "google") == hashlib.sha256(b"+18005550100").hexdigest()
    assert hashed_phone("+1 (800)555-0100", "meta") == hashlib.sha256(b"18005550100").hexdigest()
    undotted = hashlib.sha256(b"janedoe@gmail.com").hexdigest()
    assert hashed_email("Jane.Doe@gmail.com", "google") == undotted
    assert hashed_email("Jane.Doe@gmail.com", "meta") != undotted
    assert hashed_email("jane.doe@example.se", "google") == hashlib.sha256(b"jane.doe@example.se").hexdigest()


@pytest.mark.parametrize(
    "written",
    [
        "070-174 06 57", "0701740657", "070-1740657", "+46701740657", "+46 70 174 06 57", "0046 70-174 06 57",
        "+46 (0)70 174 06 57", "46701740657", "701740657", "701740657.0", "+460701740657", " 070 174\u00a006 57 ",
        "(070) 174 06 57",
    ],
)  # fmt: skip
def test_one_swedish_mobile_number_however_it_is_written(written):
    assert phone(written) == "+46701740657"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("08-123 456 78", "+46812345678"),
        ("0500-41 23 45", "+46500412345"),
        ("+47 22 12 34 56", "+4722123456"),
        ("0047 22123456", "+4722123456"),
    ],
)
def test_landlines_and_neighbours(written, expected):
    assert phone(written) == expected


@pytest.mark.parametrize(
    "written", ["", None, "saknas", "112", "12345", "+", "+0701740657", "0", "070-174 06 57 99 99"]
)
def test_what_is_no_number_is_left_out(written):
    assert phone(written) is None
    assert hashed_phone(written, "google") == ""


def test_a_number_of_another_country_without_its_code_is_not_called_swedish():
    assert phone("22 12 34 56", "Norge") is None
    assert phone("0701740657", "NO") is None
    assert phone("0701740657", "Sverige") == "+46701740657"


@pytest.mark.parametrize("written", ["", None, "anna", "anna@", "@example.se", "anna@example", "a@b@c.se"])
def test_what_is_no_address_is_left_out(written):
    assert hashed_email(written, "google") == ""


@given(st.text(max_size=30))
def test_whatever_is_written_becomes_e164_or_nothing(written):
    found = phone(written)
    assert found is None or re.fullmatch(r"\+[1-9][0-9]{6,14}", found)
