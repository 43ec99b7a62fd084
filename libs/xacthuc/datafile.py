"""Data files: TOML that is law or numbering plan, read into frozen dataclasses.

Owns reading, merging a user's file over the bundled one, and the checks every such file gets: an unknown, missing or
mistyped key stops the start and is named. Knows nothing of what the data means.

A figure that rests on a source is written as a table with `value` beside its `citation`; `split_sources` takes the two
apart, so that code reads plain values and whoever asks why finds the source under the same dotted key.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Table = dict[str, Any]


class DataFileError(ValueError):
    """A data file that cannot be used. The message names the key and says what to write there."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from."""

    citation: str
    """Article of a law, a standard, or the reasoning where neither speaks."""
    effective: date
    """First day on which it applies, in Vietnam."""
    uncertain: bool = False
    """Whether the source can be read otherwise; the value is then the cautious reading."""
    note: str = ""
    """What a reader should know beside it."""


def read(path: Path) -> Table:
    """Returns the tables of a TOML file; DataFileError when it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise DataFileError(f"{path}: is not TOML in UTF-8: {error}") from None


def merge(base: Table, over: Table, overridden_by: Source) -> Table:
    """Returns `base` with every value of `over` in its place, table by table.

    A cited figure is replaced whole, never mixed, so that a new value cannot keep the citation of the old one: a bare
    value takes `overridden_by` as its source.
    """
    merged = dict(base)
    for key, new in over.items():
        old = merged.get(key)
        if _is_cited(old) and not _is_cited(new):
            merged[key] = {"value": new, "citation": overridden_by.citation, "effective": overridden_by.effective}
        elif isinstance(old, dict) and isinstance(new, dict) and not _is_cited(new):
            merged[key] = merge(old, new, overridden_by)
        else:
            merged[key] = new
    return merged


def split_sources(table: Table, prefix: str = "") -> tuple[Table, dict[str, Source]]:
    """Returns the table with plain values, and the source of each cited figure by its dotted key."""
    values: Table = {}
    sources: dict[str, Source] = {}
    for key, entry in table.items():
        dotted = f"{prefix}{key}"
        if _is_cited(entry):
            values[key] = entry["value"]
            sources[dotted] = decode(Source, {k: v for k, v in entry.items() if k != "value"}, dotted)
        elif isinstance(entry, dict):
            values[key], inner = split_sources(entry, f"{dotted}.")
            sources |= inner
        else:
            values[key] = entry
    return values, sources


def decode(kind: type[T], table: Table, key: str = "") -> T:
    """Builds the dataclass `kind` from `table`, strictly; DataFileError names the first faulty key below `key`."""
    return cast("T", _dataclass(kind, table, key))


def _is_cited(entry: object) -> bool:
    return isinstance(entry, dict) and "value" in entry


def _decode(kind: Any, value: object, key: str) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _dataclass(kind, value, key)
    if origin is tuple:
        return tuple(
            _decode(get_args(kind)[0], item, f"{key}[{index}]") for index, item in enumerate(_list(value, key))
        )
    if origin is Mapping:
        key_kind, value_kind = get_args(kind)
        return _mapping(key_kind, value_kind, value, key)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if value not in list(kind):
            raise DataFileError(f"{key}: write one of {', '.join(kind)}")
        return kind(cast("str", value))
    # bool is an int to Python and a mistake to a reader; 2 is a fine way to write the float 2.0.
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise DataFileError(f"{key}: write a {kind.__name__}, not a {type(value).__name__}")
    return value


def _dataclass(kind: Any, value: object, key: str) -> Any:
    table = _table(value, key)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind) if field.init}
    for name in table:
        if name not in known:
            raise DataFileError(f"{_join(key, name)}: is not known; remove it or correct its spelling")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise DataFileError(f"{_join(key, name)}: is missing")
    values = {name: _decode(hints[name], entry, _join(key, name)) for name, entry in table.items()}
    try:
        return kind(**values)
    except DataFileError:
        raise
    except ValueError as error:
        raise DataFileError(f"{_join(key, str(error))}") from None


def _mapping(key_kind: Any, value_kind: Any, value: object, key: str) -> Mapping[Any, Any]:
    table = _table(value, key)
    if issubclass(key_kind, StrEnum):
        # A closed enum is covered whole: a member without data would fail in the middle of a call instead of here.
        for member in key_kind:
            if member not in table:
                raise DataFileError(f"{_join(key, member)}: is missing")
        for name in table:
            if name not in list(key_kind):
                raise DataFileError(f"{_join(key, name)}: is not known; write one of {', '.join(key_kind)}")
    return MappingProxyType(
        {key_kind(name): _decode(value_kind, entry, _join(key, name)) for name, entry in table.items()}
    )


def _table(value: object, key: str) -> Table:
    if not isinstance(value, dict):
        raise DataFileError(f"{key}: write a table, not a {type(value).__name__}")
    return value


def _list(value: object, key: str) -> list[object]:
    if not isinstance(value, list):
        raise DataFileError(f"{key}: write a list, not a {type(value).__name__}")
    return value


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
