"""The planted truths, looked for again in the finished tables with plain pandas: nothing of the generator is used."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

END = pd.Timestamp("2025-11-01")
YEAR_START = pd.Timestamp("2024-11-01")


class World:
    """The demo's tables as frames, with money as floats; enough for figures with a tolerance."""

    def __init__(self, tables: dict[str, pa.Table]) -> None:
        wanted = ["ordered_at", "amount", "margin", "customer_id", "order_id", "article_id", "unit_price", "store",
                  "channel", "discount", "device", "quantity"]  # fmt: skip
        self.lines = _frame(tables["transactions"].select(wanted))
        self.lines["month"] = self.lines["ordered_at"].dt.year * 12 + self.lines["ordered_at"].dt.month - 1
        self.known = self.lines[self.lines["customer_id"].notna()]
        self.orders = (
            self.known.groupby(["customer_id", "order_id"])
            .agg(at=("ordered_at", "min"), amount=("amount", "sum"), discount=("discount", "sum"),
                 margin=("margin", "sum"), channel=("channel", "first"), store=("store", "first"))
            .reset_index()
        )  # fmt: skip
        self.purchases = self.orders[self.orders["amount"] >= 0].sort_values("at", kind="stable")
        self.customers = _frame(tables["customers"]).set_index("customer_id")
        self.assignments = _frame(tables["assignments"])
        self.answers = _frame(tables["answers"])
        self.contacts = _frame(tables["contacts"])
        self.rewards = _frame(tables["rewards"])
        self.agreements = _frame(tables["agreements"])

    def spend(self, start: pd.Timestamp, end: pd.Timestamp, column: str = "amount") -> pd.Series:
        """Net of returns a customer in [start, end)."""
        inside = self.known[(self.known["ordered_at"] >= start) & (self.known["ordered_at"] < end)]
        return inside.groupby("customer_id")[column].sum()

    def count(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
        """Purchases a customer in [start, end)."""
        inside = self.purchases[(self.purchases["at"] >= start) & (self.purchases["at"] < end)]
        return inside.groupby("customer_id").size()

    def scored(self) -> pd.DataFrame:
        """The answers with net spend and number of purchases in the 365 days before."""
        answers = self.answers.reset_index(names="answer")
        spend = answers.merge(self.known[["customer_id", "ordered_at", "amount"]], on="customer_id")
        spend = spend[_in_year_before(spend["ordered_at"], spend["answered_on"])]
        orders = answers.merge(self.purchases[["customer_id", "at"]], on="customer_id")
        orders = orders[_in_year_before(orders["at"], orders["answered_on"])]
        answers["spend"] = spend.groupby("answer")["amount"].sum().reindex(answers["answer"]).fillna(0).to_numpy()
        answers["orders"] = orders.groupby("answer").size().reindex(answers["answer"]).fillna(0).to_numpy()
        answers["group"] = np.select([answers["score"] >= 9, answers["score"] <= 6], [100, -100], 0)
        return answers


def _frame(table: pa.Table) -> pd.DataFrame:
    fields = [
        table.column(name).cast(pa.float64()) if pa.types.is_decimal(table.schema.field(name).type)
        else table.column(name).cast(pa.timestamp("us")) if pa.types.is_date(table.schema.field(name).type)
        else table.column(name)
        for name in table.column_names
    ]  # fmt: skip
    return pa.table(dict(zip(table.column_names, fields, strict=True))).to_pandas()


def _in_year_before(moment: pd.Series, answered: pd.Series) -> pd.Series:
    day = moment.dt.normalize()
    return (day < answered) & (day >= answered - pd.Timedelta(days=365))


def month_index(world: World, month: int) -> float:
    """Sales in a calendar month against the average month."""
    by_month = world.lines.groupby("month")["amount"].sum()
    return float(by_month[by_month.index % 12 == month - 1].mean() / by_month.mean())


def top_quarter(world: World) -> float:
    """Share of twelve months' identified sales that the best quarter of the active customers carries."""
    active = world.count(YEAR_START, END).index
    spend = world.spend(YEAR_START, END).reindex(active).clip(lower=0).sort_values(ascending=False)
    return float(spend.iloc[: int(np.ceil(len(spend) / 4))].sum() / spend.sum())


def nps_slope(world: World, column: str, bounds: list[float]) -> float:
    """NPS points a step, by least squares over the answers."""
    scored = world.scored()
    step = np.searchsorted(bounds, scored[column], side="right")
    return float(np.polyfit(step, scored["group"], 1)[0])


def promoters_to_detractors(world: World, column: str) -> float:
    """Mean of the promoters over mean of the detractors, in the year before the answer."""
    scored = world.scored()
    return float(scored.loc[scored["group"] > 0, column].mean() / scored.loc[scored["group"] < 0, column].mean())


def service_gap(world: World) -> float:
    """NPS of those asked after customer service minus that of the others."""
    scored = world.scored()
    service = scored["touchpoint"] == "kundtjänst"
    return float(scored.loc[service, "group"].mean() - scored.loc[~service, "group"].mean())


def answered_to_silent(world: World) -> float:
    """Mean spend in the year before the autumn wave of 2025, those who answered over the invited who did not."""
    asked = world.contacts[world.contacts["message_type"] == "nps-enkät"]
    asked = asked[asked["sent_at"] > "2025-09-01"]["customer_id"].unique()
    answered = world.answers.loc[world.answers["wave"] == "2025 höst", "customer_id"]
    start = pd.Timestamp("2025-09-15")
    spend = world.spend(start - pd.Timedelta(days=365), start).reindex(asked).fillna(0)
    mine = spend.index.isin(answered)
    return float(spend[mine].mean() / spend[~mine].mean())


def _outcome(world: World, test: str, days: int) -> pd.DataFrame:
    """A row an assigned customer: arm, cost, margin and buyer or not within the days from the assignment."""
    drawn = world.assignments[world.assignments["test"] == test]
    start = drawn["assigned_on"].iloc[0]
    end = start + pd.Timedelta(days=days)
    margin = world.spend(start, end, "margin")
    count = world.count(start, end)
    return pd.DataFrame({
        "arm": drawn["arm"].to_numpy(),
        "net": margin.reindex(drawn["customer_id"]).fillna(0).to_numpy() - drawn["contact_cost"].to_numpy(),
        "buyer": count.reindex(drawn["customer_id"]).fillna(0).to_numpy() > 0,
    })  # fmt: skip


def letter_net(world: World, arm: str) -> float:
    """Net profit per customer of an arm of the autumn test against control, 30 days."""
    mean = _outcome(world, "Höstbrev 2025", 30).groupby("arm")["net"].mean()
    return float(mean[arm] - mean["kontroll"])


def channel_buyers(world: World) -> float:
    """How many times as many of the letter group bought as of the text message group, 30 days."""
    buyers = _outcome(world, "Kanaltest", 30).groupby("arm")["buyer"].mean()
    return float(buyers["brev"] / buyers["sms"])


def aimed_before(world: World) -> float:
    """Mean spend in the year before the aimed campaign, those who got it over those beside."""
    drawn = world.assignments[world.assignments["test"] == "VIP-vår"]
    start = drawn["assigned_on"].iloc[0]
    spend = world.spend(start - pd.Timedelta(days=365), start).reindex(drawn["customer_id"]).fillna(0).to_numpy()
    got = (drawn["arm"] == "utskick").to_numpy()
    return float(spend[got].mean() / spend[~got].mean())


def channel_premium(world: World, like_for_like: bool) -> float:
    """Twelve months' spend of customers of two channels over those of one: raw, or at equal number of purchases."""
    year = world.purchases[world.purchases["at"] >= YEAR_START]
    each = year.groupby("customer_id").agg(n=("order_id", "size"), spend=("amount", "sum"), ways=("channel", "nunique"))
    if not like_for_like:
        return float(each.loc[each["ways"] == 2, "spend"].mean() / each.loc[each["ways"] == 1, "spend"].mean())
    cells = each[(each["n"] >= 2) & (each["n"] <= 6)].groupby(["n", "ways"])["spend"].agg(["mean", "size"]).unstack()
    weight = cells["size"][2]
    return float((cells["mean"][2] * weight).sum() / (cells["mean"][1] * weight).sum())


def gold_to_silver(world: World, start: str) -> float:
    """Share of those in gold at a date who are in silver three months later, on sums of twelve months."""
    first = pd.Timestamp(start)
    later = first + pd.DateOffset(months=3)
    before = world.spend(first - pd.DateOffset(years=1), first)
    after = world.spend(later - pd.DateOffset(years=1), later).reindex(before.index).fillna(0)
    gold = before >= 10_000
    return float(((after[gold] >= 4_000) & (after[gold] < 10_000)).mean())


def usual_gold_to_silver(world: World) -> float:
    """The same, mean of the five other quarters from January 2024 to July 2025."""
    quarters = ("2024-01-01", "2024-04-01", "2024-10-01", "2025-01-01", "2025-04-01")
    return float(np.mean([gold_to_silver(world, quarter) for quarter in quarters]))


def first_sale_months(world: World, store: str, last: bool) -> float:
    """First or last month with sales in a store, as 12 × year + month - 1."""
    months = world.lines.loc[(world.lines["store"] == store) & (world.lines["amount"] > 0), "month"]
    return float(months.max() if last else months.min())


def region_after_closing(world: World) -> float:
    """Sales February to October 2025 over the same months of 2024: Värmland's change against the other regions'."""
    known = world.known.assign(region=world.customers["region"].reindex(world.known["customer_id"]).to_numpy())
    month = known["month"] % 12
    known = known[(month >= 1) & (month <= 9)]
    by_year = known.groupby([known["region"] == "Värmlands län", known["ordered_at"].dt.year])["amount"].sum()
    return float((by_year[True, 2025] / by_year[True, 2024]) / (by_year[False, 2025] / by_year[False, 2024]))


def unidentified_share(world: World, year: int) -> float:
    """Share of sales without a customer in the twelve months from November of a year."""
    lines = world.lines
    inside = lines[(lines["ordered_at"] >= f"{year}-11-01") & (lines["ordered_at"] < f"{year + 1}-11-01")]
    return float(inside.loc[inside["customer_id"].isna(), "amount"].sum() / inside["amount"].sum())


def price_rise(world: World) -> float:
    """Median over the articles of list price in March 2024 over that in December 2023."""
    by_month = world.lines[world.lines["quantity"] > 0].groupby(["month", "article_id"])["unit_price"].mean()
    return float((by_month[2024 * 12 + 2] / by_month[2023 * 12 + 11]).median())


def bought_again(world: World, discounted: bool) -> float:
    """Share with a second purchase within 365 days of joining, among those who joined before November 2024 and bought
    at once, by whether that first purchase was at 30 % off."""
    joined = world.customers["joined_on"].reindex(world.purchases["customer_id"]).to_numpy()
    mine = world.purchases.assign(since=(world.purchases["at"].dt.normalize() - joined).dt.days, joined=joined)
    mine = mine[(mine["joined"] >= pd.Timestamp("2022-11-01")) & (mine["joined"] < YEAR_START)]
    first = mine[mine["since"] == 0].drop_duplicates("customer_id").set_index("customer_id")
    share_off = first["discount"] / (first["discount"] + first["amount"])
    again = mine[(mine["since"] > 0) & (mine["since"] <= 365)]["customer_id"].unique()
    chosen = first.index[(share_off > 0.295) if discounted else (share_off < 0.01)]
    return float(chosen.isin(again).mean())


def second_year(world: World, referred: bool) -> float:
    """Spend in the second year over that in the first, of those who joined November 2022 to October 2023."""
    customers = world.customers
    able = customers[(customers["joined_on"] >= "2022-11-01") & (customers["joined_on"] < "2023-11-01")]
    able = able[(able["customer_type"] == "person") & ((able["join_channel"] == "tipsa en vän") == referred)]
    mine = world.known[world.known["customer_id"].isin(able.index)]
    age = (mine["ordered_at"].dt.normalize() - able["joined_on"].reindex(mine["customer_id"]).to_numpy()).dt.days
    return float(mine.loc[(age >= 365) & (age < 730), "amount"].sum() / mine.loc[age < 365, "amount"].sum())


def bought_when_fetched(world: World) -> float:
    """Share of the fetched birthday gifts with a purchase by the same customer on the same day."""
    fetched = world.rewards[(world.rewards["kind"] == "födelsedagsgåva") & world.rewards["redeemed_on"].notna()]
    days = world.purchases[["customer_id"]].assign(redeemed_on=world.purchases["at"].dt.normalize()).drop_duplicates()
    return float(len(fetched.merge(days, on=["customer_id", "redeemed_on"])) / len(fetched))


def first_on_joining(world: World) -> float:
    """Share of club members who joined within the data and bought on that day."""
    customers = world.customers
    new = customers[(customers["joined_on"] >= "2022-11-01") & customers["is_member"]]
    mine = world.purchases[world.purchases["customer_id"].isin(new.index)]
    same = mine["at"].dt.normalize().to_numpy() == new["joined_on"].reindex(mine["customer_id"]).to_numpy()
    return float(mine.loc[same, "customer_id"].nunique() / len(new))


def mobile(world: World) -> float:
    """Share of web purchases made by mobile."""
    web = world.lines[(world.lines["channel"] == "webb") & (world.lines["amount"] > 0)].drop_duplicates("order_id")
    return float((web["device"] == "mobil").mean())


def left_while_bound(world: World) -> float:
    """Agreements that ended before the day they were bound to."""
    return float((world.agreements["ended_on"] < world.agreements["bound_until"]).sum())


RECOVER: dict[str, Callable[[World], float]] = {
    "season_december": lambda w: month_index(w, 12),
    "season_july": lambda w: month_index(w, 7),
    "top_quarter": top_quarter,
    "nps_per_spend_step": lambda w: nps_slope(w, "spend", [2_000, 4_000, 8_000, 16_000]),
    "nps_per_order_step": lambda w: nps_slope(w, "orders", [2, 3, 4, 5, 7]),
    "promoter_spend": lambda w: promoters_to_detractors(w, "spend"),
    "promoter_orders": lambda w: promoters_to_detractors(w, "orders"),
    "service_nps": service_gap,
    "respondents_better": answered_to_silent,
    "letter_email": lambda w: letter_net(w, "e-post"),
    "letter_letter": lambda w: letter_net(w, "brev"),
    "letter_both": lambda w: letter_net(w, "brev + e-post"),
    "channel_buyers": channel_buyers,
    "aimed_before": aimed_before,
    "channels_raw": lambda w: channel_premium(w, like_for_like=False),
    "channels_fair": lambda w: channel_premium(w, like_for_like=True),
    "leak_quarter": lambda w: gold_to_silver(w, "2024-07-01"),
    "leak_usual": usual_gold_to_silver,
    "store_closed": lambda w: first_sale_months(w, "Karlstad", last=True),
    "store_opened": lambda w: first_sale_months(w, "Skövde", last=False),
    "region_after_closing": region_after_closing,
    "unidentified_first_year": lambda w: unidentified_share(w, 2022),
    "unidentified_last_year": lambda w: unidentified_share(w, 2024),
    "price_rise": price_rise,
    "again_discounted": lambda w: bought_again(w, discounted=True),
    "again_full_price": lambda w: bought_again(w, discounted=False),
    "climb_referred": lambda w: second_year(w, referred=True),
    "climb_others": lambda w: second_year(w, referred=False),
    "birthday_purchase": bought_when_fetched,
    "first_on_joining": first_on_joining,
    "mobile_share": mobile,
    "bound_agreements": left_while_bound,
}
