"""Who may be written to: headers that ask for a consent, and headers that say who wants none, in many wordings.

A header counts only where every word of it is known, so that 'Accepterat datum' and 'E-post studsar' are neither.
"""

from collections.abc import Callable, Mapping, Sequence

from duckdb import DuckDBPyConnection

from insight.ingest.cells import YES
from insight.ingest.schema import fold

CONSENTS = ("consent_email", "consent_sms", "consent_post")
_LONGEST = 80
_CHANNELS: Mapping[str, str] = {
    "consent_email": (
        "nyhetsbrevet|nyhetsbrev|newsletters|newsletter|epost|emails|email|mejla|mejl|mail"
        "|nyhedsbrevet|nyhedsbrev|uutiskirjeen|uutiskirje|sahkopostitse|sahkopostiin|sahkoposti"
    ),
    "consent_sms": "textmessages|textmessage|tekstiviestilla|tekstiviestit|tekstiviesti|sms|mms",
    "consent_post": "direktreklam|directmail|postalmail|postutskick|postal|brevpost|brev|brief|kirjeposti|post|dr|dm",
}
_YES = (
    "accepterar|accepterat|accepterade|accepted|accepts|accept|godkanner|godkant|godkand|godkann|godkannande|tillater"
    "|tillatet|tillaten|tillat|tillatelse|tillstand|samtycker|samtyckt|samtycke|samtycken|allowed|allows|allow"
    "|permission|permitted|permits|permit|consented|consents|consent|optedin|optin|subscribed|subscribes|subscribe"
    "|subscriber|subscription|prenumererar|prenumerant|tackatja|onskar|villha|wants|receives|receive|mottar|far|may|ok|ja|yes|gdpr"
    "|samtykket|samtykker|samtykke|tillatelse|tilladelse|tillader|godtatt|godtar|onsker|modtager|einwilligung|eingewilligt"
    "|zustimmung|zugestimmt|erlaubnis|erlaubt|suostumukset|suostumus|lupa|sallittu|sallii|hyvaksyy|hyvaksytty|tilaaja"
)
_MARKETING = (
    "marknadsforingen|marknadsforing|marketing|reklamen|reklam|utskicken|utskick|erbjudanden|erbjudande|offers"
    "|massutskick|bulk|communications|communication|kommunikation|kontakt|contact|promotions|kampanjer|meddelanden|messages"
    "|markedsforing|markedsforingen|reklame|tilbud|werbung|angebote|mainonta|markkinoinnin|markkinointi"
)
_BETWEEN = (
    "via|till|for|per|om|av|med|by|to|from|fran|us|oss|i|is|has|att|taemot|fa|ha|pa|och|and|customer|kunden|kund"
    "|vill|medlem|member|adresserad|elektronisk|electronic|information|info|status|s"
    "|til|mot|mod|imot|og|gegen|fur|per|an|zu|zum|zur|der|und|asiakkaan|asiakas|kunde|kunden"
)
_NOT = "ejlangre|ej|inte|inga|ingen|inget|no|not|never|donot|dont|undanberseg|undanber|undanbett|ikke|nicht|kein|keine"
_ENDED = (
    "sparrad|sparrat|sparr|blockerad|blockering|blocked|block|optedout|optout|optouts|unsubscribed|unsubscribe"
    "|unsubscribes|avregistrerad|avregistrerat|avanmald|avanmalt|avbojt|avbojer|nekar|nekat|nekad|nixad|nix|declined"
    "|refused|suppressed|suppression|avmeldt|afmeldt|frameldt|reservert|reserveret|sperret|abgemeldet|abmeldung"
    "|gesperrt|sperre|widerrufen|estetty|kielletty|kielto"
)
_WORDS = {
    "channel": "|".join(_CHANNELS.values()), "yes": _YES, "marketing": _MARKETING, "between": _BETWEEN,
    "not": _NOT, "ended": _ENDED,
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}
_FOR_MARKETING = frozenset(
    {"marketing", "marknadsforingen", "marknadsforing", "reklamen", "reklam", "utskicken", "utskick"}
)
_LONGEST_WORD = max(map(len, _KIND_OF))
# These alone say that nothing more is to be sent; 'Spärrad' alone may speak of credit.
_ALONE = frozenset({"optout", "optedout", "unsubscribed", "hasoptedout", "marketingoptout"})
_REFUSED = r"^(do not allow|tillåt (?:inte|ej)|spärrad|avreg|avanm|opt.?(ed.?)?out|block|unsub|nix|refused|declined)"


def consent_of(label: str) -> str:
    """The consent that a header asks for ('Accepterar e-post' → 'consent_email'), or ''."""
    words = _words(label)
    kinds = {_KIND_OF[word] for word in words}
    channels = _channels(words)
    # 'Kontakt e-post' is an address.
    asks = "yes" in kinds or any(_KIND_OF[word] == "marketing" and word not in ("kontakt", "contact") for word in words)
    if kinds & {"not", "ended"} or not asks or len(channels) > 1:
        return ""
    if not channels:
        # 'Marketing permission' names no channel: mail is what such a yes is asked for.
        return "consent_email" if "yes" in kinds and _FOR_MARKETING & set(words) else ""
    return channels[0]


def names_channel(label: str) -> bool:
    """Whether a header says by which channel somebody may be written to."""
    return bool(_channels(_words(label)))


def refused_of(label: str) -> tuple[str, ...]:
    """The channels for which a header says who wants nothing ('SMS-spärr', 'Has opted out of email'); () for others."""
    folded = fold(label[:_LONGEST])
    if folded in _ALONE:
        return CONSENTS
    words = _words(label.replace("opted out of", "opted out").replace("OptedOutOf", "OptedOut"))
    kinds = {_KIND_OF[word] for word in words}
    # 'Ej avregistrerad' denies what would deny.
    if ("not" in kinds) == ("ended" in kinds) or not kinds & {"channel", "marketing"}:
        return ()
    return _channels(words) or CONSENTS


def refuse(
    con: DuckDBPyConnection,
    labels: Sequence[str],
    used: frozenset[int],
    fields: dict[str, str],
    tell: Callable[..., None],
) -> None:
    """Whoever is blocked has not consented, whatever another column says; sets `fields`, which read columns as SQL."""
    yes = ", ".join(f"'{word}'" for word in sorted(YES))
    for at, label in enumerate(labels):
        channels = refused_of(label) if at not in used else ()
        if not channels:
            continue
        cell = f"lower(raw.c{at})"
        dated = rf"regexp_matches({cell}, '^[0-9]{{1,4}}[-/.][0-9]{{1,2}}[-/.]|^(19|20)[0-9]{{6}}')"
        blocked = f"({cell} IN ({yes}) OR {dated} OR regexp_matches({cell}, '{_REFUSED}'))"
        before = [f"coalesce({fields[name]}, false)" for name in channels if name in fields]
        against = f"({' OR '.join(before)})" if before else "false"
        row = con.execute(
            f"SELECT count(*) FILTER (WHERE {blocked}), count(*) FILTER (WHERE {blocked} AND {against}) FROM raw"  # noqa: S608
        ).fetchone()
        assert row is not None
        for name in channels:
            fields[name] = f"CASE WHEN {blocked} THEN false ELSE {fields.get(name, 'CAST(NULL AS BOOLEAN)')} END"
        tell("consent_refused", "warning" if row[1] else "note", label, count=row[0], against=row[1])


def _channels(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in CONSENTS if set(words) & set(_CHANNELS[name].split("|")))


def _words(label: str) -> list[str]:
    """A folded header cut into known words, longest first; [] where something of it is not known."""
    text = fold(label) if len(label) <= _LONGEST else ""
    # ways[n]: the words of the first n letters.
    ways: list[list[str] | None] = [[]] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            before = ways[start]
            if before is not None and text[start:end] in _KIND_OF:
                ways[end] = [*before, text[start:end]]
                break
    return ways[-1] or []
