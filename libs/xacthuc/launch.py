"""How the interpreter comes to a process's `main`: the modules it needs are imported with the garbage collector at rest.

What an import makes stays for good. Collecting meanwhile would walk all of it time and again, a sixth of the start of
a service, and find nothing.
"""

from __future__ import annotations

import gc
import os
from importlib import import_module


def launch(module: str) -> None:
    """Imports `module` and runs its `main`."""
    # pydantic would read the metadata of everything installed in search of plugins. Here are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    main = import_module(module).main
    gc.freeze()
    gc.enable()
    main()
