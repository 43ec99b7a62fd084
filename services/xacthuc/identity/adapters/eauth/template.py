"""The templates of a provider's file, and the paths by which its answers are read.

Values are put into a parsed structure that is rendered afterwards, never into text that is parsed: whatever a name
contains cannot change the request around it. What is read is one plain value at a time, of bounded length, so no
picture can come along.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from xacthuc.datafile import DataFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Wider than what is known, so that a misspelt one is refused and not sent as it stands.
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z0-9_.-]+)\}")
_MOST_CHARACTERS: Final = 256

PERSONAL: Final = frozenset({"personal_id", "full_name", "birth_date"})
"""What stands in the body of a question and nowhere else: headers and addresses are logged on the way."""


def check(template: object, known: Collection[str], key: str) -> None:
    """DataFileError naming the key of the first placeholder that is not `known`, or of a value no request can hold."""
    if isinstance(template, str):
        for name in placeholders(template):
            if name not in known:
                raise DataFileError(f"{key}: {{{name}}} is not filled in; use {', '.join(sorted(known))}")
    elif isinstance(template, dict):
        for name, value in template.items():
            check(value, known, f"{key}.{name}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            check(value, known, f"{key}[{index}]")
    elif not isinstance(template, (bool, int, float)) or not math.isfinite(template):
        raise DataFileError(f"{key}: write a string, a number, a list or a table, not a {type(template).__name__}")


def placeholders(template: object) -> set[str]:
    """Returns the names of all placeholders."""
    if isinstance(template, str):
        return set(_PLACEHOLDER.findall(template))
    parts = template.values() if isinstance(template, dict) else template if isinstance(template, list) else ()
    return {name for part in parts for name in placeholders(part)}


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """Returns the template with every placeholder replaced."""
    if isinstance(template, str):
        return _PLACEHOLDER.sub(lambda match: values[match[1]], template)
    if isinstance(template, dict):
        return {name: fill(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    return template


def at(document: object, path: str) -> str | None:
    """Returns the value at a dotted path, such as `data.0.id`, as text; None when there is no plain, short value."""
    found = value_at(document, path)
    if isinstance(found, bool):
        return str(found).lower()
    # A float stands for several whole numbers from 2**53 on: no id may be told by one.
    if not isinstance(found, (str, int, float)) or (isinstance(found, float) and abs(found) >= 2**53):
        return None
    text = str(found)
    return text if 0 < len(text) <= _MOST_CHARACTERS else None


def value_at(document: object, path: str) -> object:
    """Returns whatever stands at a dotted path; the document itself for an empty one, None when there is nothing."""
    found = document
    for step in path.split(".") if path else ():
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
