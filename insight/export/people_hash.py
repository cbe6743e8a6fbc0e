"""Customers as advertising platforms take them: e-mail and telephone normalised, then SHA-256, never in clear.

The hash is the platforms' own rule and no protection in itself: whoever has a list of addresses can recognise them in
it. Hence only those go along who have consented to the channel that the address belongs to.
"""

import hashlib
import re
from typing import Literal

Platform = Literal["google", "meta"]
PLATFORMS: tuple[Platform, ...] = ("google", "meta")
# The platforms look for exactly these heads, in English.
HEADS: dict[Platform, tuple[str, str]] = {"google": ("Email", "Phone"), "meta": ("email", "phone")}

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_SEPARATORS = re.compile(r"[\s\u00a0().\-/–\u2011]")
_HOME = {"se", "swe", "sverige", "sweden"}
_COUNTRY_CODE = "46"
# E.164: at most 15 digits, and no country code begins with 0.
_E164 = re.compile(r"\+[1-9]\d{6,14}")
# A Swedish number without its 0 has seven to nine digits, a mobile number nine and begins with 7.
_NATIONAL = re.compile(r"[1-9]\d{6,8}")
_MOBILE = re.compile(r"7\d{8}")


def email(text: str | None) -> str | None:
    """The address without blanks, in lower case; None for what is none."""
    plain = re.sub(r"\s", "", text or "").lower()
    return plain if _EMAIL.fullmatch(plain) else None


def phone(text: str | None, country: str | None = None) -> str | None:
    """The number as E.164 ('+46701234567'); None for what is none, or where its country cannot be told.

    Swedish ways of writing are known (070-123 45 67, 0046 …, +46 (0)70 …, 46701234567, and 701234567 whose zero a
    spreadsheet took). A number without country code counts as Swedish unless `country` names another land.
    """
    plain = _SEPARATORS.sub("", (text or "").strip().removesuffix(".0").replace("(0)", ""))
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if plain.startswith("+"):
        # '+46070…': the trunk zero has no place behind the country code.
        plain = plain.replace(f"+{_COUNTRY_CODE}0", f"+{_COUNTRY_CODE}", 1)
        return plain if _E164.fullmatch(plain) else None
    if not plain.isdecimal() or (country and country.strip().lower() not in _HOME):
        return None
    if plain.startswith("0"):
        return f"+{_COUNTRY_CODE}{plain[1:]}" if _NATIONAL.fullmatch(plain[1:]) else None
    if plain.startswith(_COUNTRY_CODE) and len(plain) in (10, 11):
        return f"+{plain}"
    return f"+{_COUNTRY_CODE}{plain}" if _MOBILE.fullmatch(plain) else None


def hashed_email(text: str | None, platform: Platform) -> str:
    """SHA-256 in hex of the normalised address, '' where there is none.

    Both platforms: blanks away, lower case. Google also takes the dots out of what stands before @gmail.com and
    @googlemail.com, since its mail does not tell them apart.
    """
    found = email(text)
    if found is None:
        return ""
    name, _, domain = found.partition("@")
    if platform == "google" and domain in ("gmail.com", "googlemail.com"):
        name = name.replace(".", "")
    return _sha256(f"{name}@{domain}")


def hashed_phone(text: str | None, platform: Platform, country: str | None = None) -> str:
    """SHA-256 in hex of the number: E.164 for Google, the same digits without '+' for Meta; '' where there is none."""
    found = phone(text, country)
    return "" if found is None else _sha256(found.removeprefix("+") if platform == "meta" else found)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
