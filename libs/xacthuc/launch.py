"""How the interpreter comes to a process's `main`: the modules it needs are imported with the garbage collector at rest.

What an import makes stays for good. Collecting meanwhile would walk all of it time and again, a sixth of the start of
a service, and find nothing.
"""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import Final

_NEW_OBJECTS: Final = 10_000
"""Between collections. Python's 700 are there ten times while one batch of an import is sealed, each time to find that all
are needed; what calls leave behind is freed without the collector, as nothing of it refers to itself."""


def launch(module: str) -> None:
    """Imports `module` and runs its `main`."""
    # pydantic would read the metadata of everything installed in search of plugins. Here are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    main = import_module(module).main
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    main()
