"""The text file of one platform, `<platform>.toml`: its sender name, its own words, its registrations.

    sender = "Forum"                          # in front of every message; as registered
    registered_until = 2027-03-31             # or by operator: {viettel = 2027-03-31, mobifone = 2027-06-30}
    [autofill]
    domain = "forum.example.vn"               # whose pages fill the code in
    android_hash = "FA+9qCX9VSu"              # of the app
    [messages.ACCOUNT_VERIFICATION]           # instead of the policy's; either language may be left out
    vi = "{brand}: Ma cua ban la {code}, hieu luc {minutes} phut."
    [speech.ACCOUNT_VERIFICATION]
    vi = "Đây là {brand}. Mã của bạn là: {code}. Xin nhắc lại: {code}."
    [notices.summer_cleaning]
    vi = "{brand}: Vui long mo ung dung de xac nhan tai khoan."
    [text_ids]                                # under which a text is registered
    ACCOUNT_VERIFICATION.vi = "TPL-1"
    ACCOUNT_VERIFICATION.vi_web = "TPL-2"     # the same with its last line
    [operator_text_ids.viettel]               # where an operator has an id of its own
    ACCOUNT_VERIFICATION.vi = "VT-77"

Owns the shape of the file, read strictly, and what can be told of each key alone; what the texts say is review.py's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.otp.texts.autofill import Autofill, app_hash_fault, domain_fault
from xacthuc.policy import sender_name_fault
from xacthuc.policy.messages import has_link

ALL_OPERATORS = "all"

# As the contract names platforms, and the numbering plan operators.
_PLATFORM = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]", re.ASCII)
_OPERATOR = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
# What headers and protocol fields hold without quoting.
_TEXT_ID = re.compile(r"[A-Za-z0-9._:/-]{1,64}", re.ASCII)
_VARIANTS = ("vi", "en", "vi_web", "en_web", "vi_android", "en_android")


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text in the languages that the platform wrote it in; empty where it did not."""

    vi: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        """Refuses a text without words."""
        if not self.vi and not self.en:
            raise ValueError("vi: write the text, or remove the table")

    def in_language(self, language: str) -> str:
        """Returns the text in `vi` or `en`; empty without one."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Reading:
    """Who may read codes from this platform's messages; empty where nobody."""

    domain: str = ""
    android_hash: str = ""

    def __post_init__(self) -> None:
        """Refuses what no phone would recognise."""
        if self.domain and (fault := domain_fault(self.domain)):
            raise ValueError(f"domain: {fault}")
        if self.android_hash and (fault := app_hash_fault(self.android_hash)):
            raise ValueError(f"android_hash: {fault}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFile:
    """What one platform writes instead of the policy's texts."""

    sender: str
    registered_until: Mapping[str, date] = field(default_factory=dict)
    """The last day in Vietnam, by operator, or under `all`."""
    autofill: Reading = field(default_factory=Reading)
    messages: Mapping[str, OwnText] = field(default_factory=dict)
    speech: Mapping[str, OwnText] = field(default_factory=dict)
    notices: Mapping[str, OwnText] = field(default_factory=dict)
    text_ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By purpose or name of a notice, then by `variant`."""
    operator_text_ids: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuses a sender that may not be one (R35), and registrations that nobody could have made."""
        if fault := sender_name_fault(self.sender):
            raise ValueError(f"sender: {fault}")
        if has_link(self.sender):
            raise ValueError("sender: would be a link in every message; register a name without a dot in a word")
        for operator, until in self.registered_until.items():
            _check_operator("registered_until", operator)
            if isinstance(until, datetime):
                raise ValueError(f"registered_until.{operator}: write a day, without a time")  # noqa: TRY004 - read above
        for name, ids in self.text_ids.items():
            _check_ids(f"text_ids.{name}", ids)
        for operator, by_name in self.operator_text_ids.items():
            _check_operator("operator_text_ids", operator)
            for name, ids in by_name.items():
                _check_ids(f"operator_text_ids.{operator}.{name}", ids)

    def text_id(self, name: str, language: str, operator: str, line: Autofill = Autofill.NONE) -> str:
        """Returns the id with an operator of the text with that last line: its own, else the one for all, else empty."""
        wanted = variant(language, line)
        own = self.operator_text_ids.get(operator, {}).get(name, {})
        return own.get(wanted) or self.text_ids.get(name, {}).get(wanted, "")


def variant(language: str, line: Autofill) -> str:
    """Returns the key of an id: `vi` or `en`, with `_web` or `_android` for the text that ends with that line."""
    return language if line is Autofill.NONE else f"{language}_{line.name.lower()}"


def _check_operator(key: str, operator: str) -> None:
    if not _OPERATOR.fullmatch(operator):
        raise ValueError(f"{key}.{operator}: is not an operator such as viettel")


def _check_ids(key: str, ids: Mapping[str, str]) -> None:
    for name, value in ids.items():
        if name not in _VARIANTS:
            raise ValueError(f"{key}.{name}: is not known; write one of {', '.join(_VARIANTS)}")
        if not _TEXT_ID.fullmatch(value):
            raise ValueError(f"{key}.{name}: write 1 to 64 of A-Z, a-z, 0-9 and . _ : / -")


def read(path: Path) -> PlatformFile:
    """Reads one file. DataFileError names the file and the key at fault."""
    if not _PLATFORM.fullmatch(path.stem):
        raise DataFileError(f"{path}: name the file as the platform: 3 to 40 of a-z, 0-9 and -, a letter first")
    table = datafile.read(path)
    if isinstance(table.get("registered_until"), date):
        table["registered_until"] = {ALL_OPERATORS: table["registered_until"]}
    try:
        return datafile.decode(PlatformFile, table)
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
