"""What was planted in the demo company, as a list: tests look for each in the finished tables.

`value` is what was planted, or where it only follows from what was planted, the mean over many seeds; `tolerance` is
about three standard deviations between seeds, so an honest computation on any seed lands within it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    """One planted truth.

    `how` says how to recover it from the tables; `where` names the question of the app that shows it, with the
    settings to use where the default differs.
    """

    key: str
    sentence: str
    value: float
    tolerance: float
    how: str
    where: str


_STEPS = "`nps.by_step` with `bounds=2000,4000,8000,16000`"
_ORDER_STEPS = "`nps.by_step` with `on=orders bounds=2,3,4,5,7`"
_LETTER = "`lift.verdict` with `test=Höstbrev 2025 window=30`"

TRUTHS: tuple[Truth, ...] = (
    Truth("season_december", "December sells half as much again as the average month.", 1.52, 0.07,
          "mean sales of the Decembers over mean sales of all months", "`overview.series`"),
    Truth("season_july", "July sells a third less than the average month.", 0.685, 0.025,
          "mean sales of the Julys over mean sales of all months", "`overview.series`"),
    Truth("top_quarter", "The best 25 % of the active customers carry 64 % of twelve months' identified sales.",
          0.64, 0.012, "customers with a purchase from 2024-11-01 on, by net spend", "`concentration.lorenz`"),
    Truth("nps_per_spend_step", "NPS rises by 8 points per step of spend in the twelve months before the answer.",
          8.0, 1.9, "least squares of +100/0/-100 on the step; steps from 0, 2, 4, 8 and 16 thousand kronor", _STEPS),
    Truth("nps_per_order_step", "NPS rises by 10.5 points per step of purchases before the answer.", 10.5, 1.2,
          "the same; steps of 1, 2, 3, 4, 5–6 and 7 or more purchases", _ORDER_STEPS),
    Truth("promoter_spend", "Promoters spent 40 % more than detractors in the year before the answer.", 1.40, 0.18,
          "mean spend of scores 9–10 over that of scores 0–6", "`nps.groups`"),
    Truth("promoter_orders", "Promoters bought 80 % more times than detractors.", 1.80, 0.16,
          "mean number of purchases of scores 9–10 over that of scores 0–6", "`nps.groups`"),
    Truth("service_nps", "Those asked after customer service score 24 points lower than the others.", -24.0, 9.0,
          "NPS of touchpoint 'kundtjänst' minus NPS of the rest", "`nps.score` with `by=touchpoint`"),
    Truth("respondents_better", "Those who answer spend about 30 % more than those who were asked and did not.",
          1.31, 0.18, "autumn wave 2025: mean spend in the year before, answered over silent", "`nps.response`"),
    Truth("letter_email", "Randomised test 'Höstbrev 2025': e-mail alone earns a little, 24 kr a customer.", 24.5, 45.0,
          "margin in 30 days less contact cost per assigned customer, against control", _LETTER),
    Truth("letter_letter", "The letter alone costs more than it gives: 29 kr lost a customer.", -29.4, 45.0,
          "the same", _LETTER),
    Truth("letter_both", "Letter and e-mail together win clearly: 83 kr a customer after costs.", 82.7, 50.0,
          "the same", _LETTER),
    Truth("channel_buyers", "Randomised test 'Kanaltest': 24.4 times as many buy after a letter as after a text.",
          24.4, 0.1, "share of buyers in 30 days, 'brev' over 'sms'; 5 and 122 of 1,000",
          "`lift.verdict` with `test=Kanaltest window=30`"),
    Truth("aimed_before", "'VIP-vår' went to the best: they had spent five times as much before it. No effect planted.",
          5.37, 0.5, "mean spend in the year before 2025-04-07, 'utskick' over 'ej utskick'",
          "`lift.checks` with `test=VIP-vår`: chosen, not drawn, so no effect may be claimed"),
    Truth("channels_raw", "Customers of store and web spend three times as much as those of one channel …", 3.11, 0.18,
          "last twelve months, mean spend by number of channels", "multichannel comparison, raw"),
    Truth("channels_fair", "… and exactly as much at equal number of purchases: the premium is arithmetic.", 1.0, 0.06,
          "the same within 2, 3, 4, 5 and 6 purchases, weighted by the customers of two channels",
          "multichannel comparison, adjusted"),
    Truth("leak_quarter", "From July to September 2024 31 % of the gold customers fall to silver …", 0.308, 0.04,
          "sums of twelve months at 2024-07-01 and 2024-10-01; silver from 4,000 kr, gold from 10,000 kr",
          "`ladder.migration` with `start=2024-07-01 end=2024-10-01 bounds=4000,10000 window=12`"),
    Truth("leak_usual", "… against 19 % in other quarters: 260 summer buyers stayed away that summer.", 0.186, 0.02,
          "the same for five other quarters from 2024-01-01 on", "`ladder.flow` with `bounds=4000,10000`"),
    Truth("store_closed", "The store in Karlstad closes: January 2025 is its last month.", 24300, 0,
          "last month with sales in the store, as 12 × year + month - 1", "`overview.breakdown` with `by=store`"),
    Truth("store_opened", "The store in Skövde opens in March 2024.", 24290, 0,
          "first month with sales in the store, as 12 × year + month - 1", "`overview.breakdown` with `by=store`"),
    Truth("region_after_closing", "After the closing Värmland buys for a third less; the web does not take over.",
          0.655, 0.12, "identified sales February–October 2025 over 2024, Värmland's change over the others'",
          "sales by region"),
    Truth("unidentified_first_year", "Sales without a known customer: 19 % in the first twelve months …", 0.188, 0.006,
          "share of sales without customer id, November 2022–October 2023", "`overview.key_figures`"),
    Truth("unidentified_last_year", "… and 12 % in the last twelve: identification improves steadily.", 0.121, 0.006,
          "the same, November 2024–October 2025", "`overview.key_figures`"),
    Truth("price_rise", "All list prices rise by 6 % on 1 February 2024.", 1.06, 0.0005,
          "median over the articles of unit price in March 2024 over December 2023", "articles, unit price by month"),
    Truth("again_discounted", "Of new customers whose first purchase was at 30 % off, 54 % buy again in a year …",
          0.54, 0.05, "joined before November 2024; a purchase 1–365 days after the first", "second purchase"),
    Truth("again_full_price", "… against 74 % of those who began at full price.", 0.742, 0.025,
          "the same", "second purchase"),
    Truth("climb_referred", "Those recruited by a friend spend as much in their second year as in their first …",
          1.07, 0.2, "persons who joined November 2022–October 2023, days 365–729 over days 0–364",
          "recruitment channel 'tipsa en vän'"),
    Truth("climb_others", "… while all others halve it.", 0.543, 0.06, "the same", "the other recruitment channels"),
    Truth("birthday_purchase", "49 % of the birthday gifts that are fetched are fetched with a purchase.", 0.49, 0.01,
          "redeemed gifts with a purchase by the customer on that day", "rewards"),
    Truth("first_on_joining", "94 % of new members buy on the day they join.", 0.943, 0.01,
          "members who joined within the data with a purchase on that day", "recruitment"),
    Truth("mobile_share", "48 % of the purchases on the web are made by mobile.", 0.48, 0.012,
          "device of web purchases", "device of web purchases"),
    Truth("bound_agreements", "No subscription box ends while it is bound.", 0.0, 0.0,
          "agreements with ended_on before bound_until", "duration of agreements"),
)  # fmt: skip
