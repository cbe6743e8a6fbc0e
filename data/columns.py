"""Numpy arrays to Arrow columns of the canonical types."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from data.clock import START
from insight.ingest import schema

_ARROW = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(18,2)": pa.decimal128(18, 2),
    "DECIMAL(18,4)": pa.decimal128(18, 4),
    "DECIMAL(18,3)": pa.decimal128(18, 3),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DECIMAL(6,2)": pa.decimal128(6, 2),
}


def arrow_type(table: str, field: str) -> pa.DataType:
    """The Arrow type of a canonical field."""
    return _ARROW[schema.SQL_TYPES[schema.TABLES[table].field(field).type]]


def table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """A canonical table with its columns in the schema's order. Raises ValueError on a wrong type or name."""
    order = [field.name for field in schema.TABLES[name].fields if field.name in columns]
    unknown = set(columns) - set(order)
    if unknown:
        raise ValueError(f"{name} has no field {sorted(unknown)}")
    for field in order:
        if columns[field].type != arrow_type(name, field):
            raise ValueError(f"{name}.{field} is {columns[field].type}, not {arrow_type(name, field)}")
    return pa.table({field: columns[field] for field in order})


def decimal(unscaled: np.ndarray, precision: int, scale: int, missing: np.ndarray | None = None) -> pa.Array:
    """Whole numbers of 10^-scale as decimals, without a detour over Python objects: 128 bits, low half first."""
    values = np.asarray(unscaled).astype(np.int64)
    halves = np.empty((len(values), 2), dtype=np.int64)
    halves[:, 0] = values
    halves[:, 1] = values >> 63
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(precision, scale), len(values), [valid, pa.py_buffer(halves)])


def money(ore: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Öre to kronor with two decimals."""
    return decimal(ore, 18, 2, missing)


def price(ore: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Öre to kronor with four decimals."""
    return decimal(np.asarray(ore).astype(np.int64) * 100, 18, 4, missing)


def dates(days: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Day numbers to dates."""
    return pa.array(START + np.asarray(days).astype(np.int64), mask=missing)


def times(days: np.ndarray, minutes: np.ndarray) -> pa.Array:
    """Day numbers and minutes of the day to time stamps."""
    stamps = (START + days.astype(np.int64)).astype("M8[us]") + minutes.astype("m8[m]")
    return pa.array(stamps, type=pa.timestamp("us"))


def text(codes: np.ndarray, words: Sequence[str]) -> pa.Array:
    """Codes into a word list; a code below 0 is missing."""
    index = pa.array(np.asarray(codes).astype(np.int32), mask=np.asarray(codes) < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(words, type=pa.string())).cast(pa.string())


def constant(word: str, n: int) -> pa.Array:
    """The same word n times."""
    return text(np.zeros(n, dtype=np.int32), [word])


def flags(codes: np.ndarray) -> pa.Array:
    """1 true, 0 false, below 0 unknown."""
    codes = np.asarray(codes)
    return pa.array(codes > 0, mask=codes < 0)
