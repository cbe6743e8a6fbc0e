"""The demo's calendar: 36 whole months, counted in days from the first."""

import zlib

import numpy as np

START = np.datetime64("2022-11-01", "D")
END = np.datetime64("2025-11-01", "D")  # excluded
DAYS = int((END - START).astype(int))
MONTHS = 36
MONTH_STARTS = ((START.astype("M8[M]") + np.arange(MONTHS + 1)).astype("M8[D]") - START).astype(np.int64)
MONTH_OF_DAY = np.repeat(np.arange(MONTHS), np.diff(MONTH_STARTS))
CALENDAR_MONTH = (START.astype("M8[M]").astype(int) + np.arange(MONTHS)) % 12  # 0 = January


def day(text: str) -> int:
    """The day number of an ISO date; the first day of the data is 0."""
    return int((np.datetime64(text, "D") - START).astype(int))


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def anniversary(born: np.ndarray, year: int) -> np.ndarray:
    """The day number of a birthday in a year (29 February counts as 1 March); -10^6 where the birth date is unknown."""
    known = ~np.isnat(born)
    date = np.where(known, born, START)
    month = date.astype("M8[M]")
    moved = (month - month.astype("M8[Y]").astype("M8[M]")).astype(int) + (year - 1970) * 12
    days = (moved.astype("M8[M]").astype("M8[D]") - START).astype(int) + (date - month.astype("M8[D]")).astype(int)
    return np.where(known, days, -(10**6))
