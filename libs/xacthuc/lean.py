"""Importing a library without the optional extras that it would import for nothing.

Some libraries try to import others merely because they are installed. Where nothing here uses the result, that is a
quarter of a second and megabytes at the start of every process, so such imports are told that the extra is not there.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without(*extras: str) -> Iterator[None]:
    """Makes `import extra` raise ImportError within the block, unless it was imported before.

    A None in `sys.modules` says so (The Python Language Reference, section 5.3.1).
    """
    hidden = [extra for extra in extras if extra not in sys.modules]
    for extra in hidden:
        sys.modules[extra] = None  # type: ignore[assignment]  # the documented way to hide a module
    try:
        yield
    finally:
        for extra in hidden:
            del sys.modules[extra]
