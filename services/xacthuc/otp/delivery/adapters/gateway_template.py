"""The templates of a provider's file: strings with placeholders anywhere in a table, filled in per message.

Values are put into a parsed structure that is rendered afterwards, never into text that is parsed: whatever a brand or
a text contains cannot change the request around it.
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

FIELDS: Final = frozenset({"to", "text", "code", "sender", "text_id", "locale", "speech_locale", "message_id"})
"""What a message offers a gateway. `secret.<name>` offers the named secrets beside it."""


_MOST_EXACT: Final = 2**53
"""From here on a float stands for several whole numbers (IEEE 754 binary64), and JSON's long ones are read as floats."""


def check(template: object, known: Collection[str], key: str) -> None:
    """DataFileError naming the key of the first placeholder that is not `known`, or of a value no request can hold."""
    if isinstance(template, str):
        for name in _PLACEHOLDER.findall(template):
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


def used(template: object) -> set[str]:
    """Returns the placeholders anywhere in a template."""
    if isinstance(template, str):
        return set(_PLACEHOLDER.findall(template))
    parts = template.values() if isinstance(template, dict) else template if isinstance(template, list) else ()
    return {name for part in parts for name in used(part)}


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
    """Returns the value at a dotted path, such as `data.0.id`, as text; None when there is none that is plain and exact."""
    found = value_at(document, path)
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, float) and abs(found) >= _MOST_EXACT:
        return None
    return str(found) if isinstance(found, (str, int, float)) else None


def value_at(document: object, path: str) -> object:
    """Returns whatever stands at a dotted path; the document itself for an empty one, None when there is nothing."""
    found = document
    for step in path.split(".") if path else ():
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
