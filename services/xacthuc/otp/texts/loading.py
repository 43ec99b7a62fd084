"""From a directory of platform files to the texts of a process. Whatever a person could not be sent is refused here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.datafile import DataFileError
from xacthuc.otp.texts import platform_file, review
from xacthuc.otp.texts.texts import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.policy import Policy


def load(directory: Path, policy: Policy) -> Texts:
    """Reads every `*.toml` in `directory`, which need not exist.

    DataFileError with one line per fault, naming file, key and reason: who mends them wants to see all.
    """
    platforms, faults = {}, []
    for path in sorted(directory.glob("*.toml")):
        try:
            own = platform_file.read(path)
        except DataFileError as error:
            faults.append(str(error))
            continue
        platforms[path.stem] = own
        faults += [f"{path}: {fault}" for fault in review.faults(own, policy)]
    if faults:
        raise DataFileError("\n".join(faults))
    return Texts(policy=policy, platforms=platforms)
