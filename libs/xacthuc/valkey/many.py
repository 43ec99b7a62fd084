"""One script for many subjects: calling a script costs the server, and this process, more than most subjects do.

Such a script takes its subjects' keys one subject after the other, and behind its common arguments, for each subject,
how many events follow and the words of each. It answers with one number for each event, in that order.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xacthuc.valkey.link import Word
    from xacthuc.valkey.script import Script
    from xacthuc.valkey.store import Store

Keys: TypeAlias = "tuple[str, ...]"
"""The keys of one subject, in a Cluster all of one slot."""

Events: TypeAlias = "Sequence[tuple[Word, ...]]"
"""What happened to one subject, in order."""

_SUBJECTS_AT_ONCE: Final = 8
_CALLS_AT_ONCE: Final = 4
"""Together what a caller of the store may find in its way: some two milliseconds of the server."""


async def run_many(
    store: Store, script: Script, common: Sequence[Word], work: Mapping[Keys, Events]
) -> dict[Keys, list[int]]:
    """Runs `script` for every subject, all events of one in one step; returns the answers to its events.

    StoreUnavailable or ScriptError when one of the steps failed; others may have been done.
    """
    steps, answers = _steps(store, work), dict[Keys, list[int]]()

    async def take() -> None:
        for step in steps:
            words: list[Word] = [*common]
            for subject in step:
                words.append(len(work[subject]))
                words.extend(chain.from_iterable(work[subject]))
            told = iter(await store.run(script, [*chain.from_iterable(step)], words))
            answers.update({subject: [next(told) for _ in work[subject]] for subject in step})

    await asyncio.gather(*(take() for _ in range(min(_CALLS_AT_ONCE, len(work)))))
    return answers


def _steps(store: Store, work: Mapping[Keys, Events]) -> Iterator[Sequence[Keys]]:
    by_slot: dict[int, list[Keys]] = defaultdict(list)
    for subject in work:
        by_slot[store.slot_of(subject[0])].append(subject)
    for subjects in by_slot.values():
        for first in range(0, len(subjects), _SUBJECTS_AT_ONCE):
            yield subjects[first : first + _SUBJECTS_AT_ONCE]
