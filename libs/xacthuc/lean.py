"""Importing of a library what is used here, and not what it would bring along.

Some libraries try to import others merely because they are installed, and the `__init__` of some imports everything
they have. Where nothing here uses the result, that is a good part of a second and megabytes at the start of every
process. What only work in the background needs is imported by that work, in a thread, once the service is ready.
`tests/contract/start` holds what must not be there before.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


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


def by_module(*packages: str) -> None:
    """Lets modules of these packages be imported without their `__init__`, which runs when it is first asked for a name.

    A parent comes before its child. `import package.module` then costs that module alone, and
    `from package import name` works as ever, for whoever needs it; of a module and something else by the same name, it
    is the module. What was imported before stays as it is.
    """
    for name in packages:
        if name not in sys.modules:
            sys.modules[name] = _waiting(name)


def _waiting(name: str) -> ModuleType:
    """Returns a package that has its place, but not its contents: `importlib.util.LazyLoader` cannot wait so long."""
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    package, load = module_from_spec(spec), spec.loader.exec_module
    one_at_a_time, begun = RLock(), False

    def run(wanted: str) -> Any:
        nonlocal begun
        if wanted.startswith("__"):  # the import system itself looks for such
            raise AttributeError(wanted)
        if find_spec(f"{name}.{wanted}") is not None:
            return import_module(f"{name}.{wanted}")
        with one_at_a_time:
            if not begun:
                begun = True
                load(package)
        if wanted in vars(package):
            return vars(package)[wanted]
        raise AttributeError(f"module {name!r} has no attribute {wanted!r}")

    vars(package)["__getattr__"] = run  # PEP 562
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)
    return package
