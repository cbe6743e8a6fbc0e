"""What customers write: sentences by theme, so that a simple word count finds the themes again."""

import numpy as np

PRAISE = {
    "personal": ("Så trevlig och kunnig personal i butiken.", "Fick fantastisk hjälp av personalen.",
                 "Personalen tog sig verkligen tid.", "Alltid bra bemötande av er personal."),
    "kvalitet": ("Bra kvalitet som håller år efter år.", "Gillar kvaliteten på textilierna.",
                 "Hög kvalitet till rimligt pris.", "Möbeln vi köpte har toppkvalitet."),
    "sortiment": ("Fint sortiment med mycket inspiration.", "Hittar alltid något jag gillar i sortimentet.",
                  "Roligt sortiment, särskilt till trädgården."),
    "leverans": ("Snabb leverans, kom redan nästa dag.", "Leveransen kom precis när ni lovade."),
    "klubb": ("Bonuscheckarna är ett plus.", "Kul med en present på födelsedagen.", "Bra erbjudanden för medlemmar."),
}  # fmt: skip
LUKEWARM = {
    "pris": ("Helt okej men lite dyrt.", "Bra varor, priset är väl högt.", "Priserna har gått upp en del."),
    "sortiment": ("Saknar fler storlekar i sortimentet.", "Sortimentet kunde vara större i min butik."),
    "kö": ("Bra men ofta kö i kassan.", "Lång kö på lördagar."),
    "webb": ("Webbsidan är lite rörig.", "Svårt att se på sajten vad som finns i butik."),
}  # fmt: skip
COMPLAINT = {
    "leverans": ("Leveransen tog tre veckor.", "Leveransen blev försenad två gånger.", "Paketet kom aldrig fram.",
                 "Sen leverans och ingen information."),
    "lager": ("Varan var slut i lager fast sajten sa annat.", "Alltid slut i lager på det jag vill ha.",
              "Slut i butiken igen."),
    "pris": ("För dyrt jämfört med andra.", "Priset har höjts för mycket.", "Dyrt för den kvaliteten."),
    "kvalitet": ("Dålig kvalitet, lampan gick sönder efter en månad.", "Kvaliteten har blivit sämre.",
                 "Stolen var trasig när den kom."),
    "retur": ("Krångligt att göra en retur.", "Returen tog en månad att få tillbaka pengarna för."),
    "utskick": ("Alldeles för många mejl från er.", "Får reklam om sådant jag redan köpt."),
}  # fmt: skip
SERVICE = ("Kundtjänst svarade aldrig.", "Lång väntan i kundtjänstens telefon.", "Fick olika besked av kundtjänst.",
           "Kundtjänst kunde inte hjälpa mig.")  # fmt: skip
COMMENTS_BY_SCORE = (0.62, 0.60, 0.58, 0.56, 0.54, 0.48, 0.42, 0.28, 0.30, 0.36, 0.44)


def write_comments(rng: np.random.Generator, score: np.ndarray, service: np.ndarray) -> list[str | None]:
    """A comment or None for each score; detractors write most, a third of the comments have two sentences."""
    pools = [[line for lines in themes.values() for line in lines] for themes in (COMPLAINT, LUKEWARM, PRAISE)]
    writes = rng.random(len(score)) < np.array(COMMENTS_BY_SCORE)[score]
    luck = rng.random((len(score), 3))
    comments: list[str | None] = []
    for number, value in enumerate(score.tolist()):
        if not writes[number]:
            comments.append(None)
            continue
        first, second, third = luck[number].tolist()
        pool = pools[0] if value <= 6 else pools[1] if value <= 8 else pools[2]
        text = pool[int(first * len(pool))]
        if service[number] and value <= 6:
            text = SERVICE[int(first * len(SERVICE))]
        other = pool[int(second * len(pool))]
        comments.append(f"{text} {other}" if third < 0.33 and other != text else text)
    return comments
