"""Results and lists as JSON: both languages beside the figures, money with two exact decimals."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from insight.errors import InsightError
from insight.i18n.catalog import LANGUAGES, Words
from insight.result import Basis, Message, Metric, Note, Result, Unit

_EXACT = "\u0001exact:"
_MARKED = re.compile(r'"\\u0001exact:(-?\d+\.\d+)"')
_CENT = Decimal("0.01")


def dumps(value: object) -> str:
    """JSON text, indented; amounts keep both their decimals (120178.00, not 120178.0)."""
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False, default=str))


def both(message: Message, currency: str = "SEK", labels: Mapping[str, str] | None = None) -> dict[str, str]:
    """A message in Swedish and English."""
    return {language: Words(language, currency, labels).message(message) for language in LANGUAGES}


def error(failure: InsightError) -> dict[str, object]:
    """The form of a refusal: `{"error": {"key", "sv", "en"}}`."""
    return {"error": {"key": failure.key, **both(Message(failure.key, failure.values))}}


def plain(value: Any, unit: Unit | None = None) -> Any:
    """A cell as JSON has it: money exact, dates ISO, undefined as null."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if unit == "money":
        return f"{_EXACT}{Decimal(str(value)).quantize(_CENT)}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | str):
        return value
    if isinstance(value, Message):
        return both(value)
    if isinstance(value, Decimal):
        return f"{_EXACT}{value}" if value.as_tuple().exponent == -2 else float(value)
    if isinstance(value, np.generic):
        return plain(value.item(), unit)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    return str(value)


def _table(frame: pd.DataFrame, units: Mapping[str, Unit]) -> dict[str, object]:
    names = [str(name) for name in frame.columns]
    rows = [
        [plain(cell, units.get(name)) for name, cell in zip(names, row, strict=True)]
        for row in frame.itertuples(index=False)
    ]
    return {"columns": names, "units": {name: units.get(name, "text") for name in names}, "rows": rows}


def _metric(metric: Metric) -> dict[str, object]:
    found: dict[str, object] = {
        "value": plain(metric.value, metric.unit), "unit": metric.unit,
        "low": plain(metric.low, metric.unit), "high": plain(metric.high, metric.unit),
    }  # fmt: skip
    if metric.before is not None:
        found["before"] = plain(metric.before, metric.unit)
    return found


def _basis(basis: Basis, currency: str) -> dict[str, object]:
    check = basis.sum_check
    return {
        "start": plain(basis.start),
        "end": plain(basis.end),
        "rows_used": basis.rows_used,
        "rows_left_out": dict(basis.rows_left_out),
        "n_customers": basis.n_customers,
        "rule": both(basis.rule, currency),
        "formula": basis.formula,
        "currency": currency,
        "sum_check": None
        if check is None
        else {"total": plain(check.total), "parts": plain(check.parts), "difference": plain(check.difference)},
    }


def _note(note: Note, currency: str, labels: Mapping[str, str]) -> dict[str, object]:
    return {
        "code": note.code,
        "severity": note.severity,
        **both(Message(f"note.{note.code}", note.values), currency, labels),
    }


def label_texts(result: Result) -> dict[str, dict[str, str]]:
    """The words of every stable key in the result's tables, in both languages."""
    keys = set(result.labels)
    for frame in (result.table, *result.tables.values()):
        for name in frame.columns:
            if frame[name].dtype == object or str(frame[name].dtype) in ("str", "string"):
                keys |= {value for value in frame[name].unique() if isinstance(value, str)}
    words = {language: Words(language, labels=result.labels) for language in LANGUAGES}
    return {
        key: {language: words[language].label(key) for language in LANGUAGES}
        for key in sorted(keys)
        if key in result.labels or words["sv"].has(f"label.{key}")
    }


def result_json(result: Result, currency: str) -> dict[str, object]:
    """The `run` form of the command line."""
    return {
        "key": result.key,
        "headline": {
            "key": result.headline.key,
            "values": plain(result.headline.values),
            **both(result.headline, currency, result.labels),
        },
        "evidence": result.evidence,
        "metrics": {name: _metric(metric) for name, metric in result.metrics.items()},
        "table": _table(result.table, result.units),
        "tables": {name: _table(frame, result.more_units.get(name, {})) for name, frame in result.tables.items()},
        "labels": label_texts(result),
        "basis": _basis(result.basis, currency),
        "notes": [_note(note, currency, result.labels) for note in result.notes],
    }
