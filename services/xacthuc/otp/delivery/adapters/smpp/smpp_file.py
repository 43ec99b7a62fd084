"""The description of a message center: one TOML file, read strictly.

    kind = "smpp"
    name = "viettel_direct"                  # and what else provider_file.py reads
    channels = ["SMS"]
    per_second = 100
    host = "smsc.operator.example"
    port = 3550
    tls = "auto"                             # off only through a VPN or a leased line
    system_id = "acme"
    binds = 1                                # connections of each worker
    window = 10                              # submissions under way in each of them
    [secrets]
    password = "/run/secrets/viettel-password"
    [source]
    sender = "ACME"                          # left out: the brand of the platform
    [senders]                                # where an operator knows the sender by another name
    mobifone = "ACME-MF"
    [coding]
    alphabet = "gsm7"
    [receipts]
    id_format = "same"
    inactive_errors = ["001"]
    [[parameters]]
    tag = 0x1400
    value = "{text_id}"
    [[rejected]]
    status = [0x401]
    reason = "number_inactive"
    final = true

Owns shape and checks; speaking to the center is provider.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.adapters.provider_file import ProviderFile, check_senders, secret
from xacthuc.otp.delivery.adapters.smpp.receipts import ReceiptRules
from xacthuc.otp.delivery.adapters.smpp.text import Coding
from xacthuc.policy import sender_name_fault

TEXT_ID = "{text_id}"
ALPHANUMERIC = 5
"""Type of number of a sender name (section 5.2.5)."""
_REASON = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_VENDOR_TAGS = range(0x1400, 0x4000)
"""What the standard leaves to centers."""
_MOST_PARAMETER_BYTES = 254
_CODINGS = range(256)
_MOST_WORD_CHARACTERS = 63
"""Of system id, password and system type. The standard ends at 15, 8 and 12 (sections 5.2.1 to 5.2.3); many centers do not."""


class Tls(StrEnum):
    """Whether the connection is encrypted."""

    AUTO = "auto"
    """Unless the center is on this machine."""
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whom a message is from."""

    sender: str = ""
    """The registered sender name; empty: the brand of the platform."""
    ton: int = ALPHANUMERIC
    npi: int = 0

    def __post_init__(self) -> None:
        """Refuses a name that is not lawful (R35)."""
        if not (0 <= self.ton <= 6 and 0 <= self.npi <= 18):  # noqa: PLR2004 - sections 5.2.5 and 5.2.6
            raise ValueError("ton: write 0 to 6, and npi 0 to 18")
        if self.ton == ALPHANUMERIC:
            if self.sender and (fault := sender_name_fault(self.sender)):
                raise ValueError(f"sender: {fault}")
        elif not (self.sender.isascii() and self.sender.isdigit()):
            raise ValueError("sender: write a number, or leave ton at 5 for a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One optional parameter of every submission, by which operators learn under which id a text is registered."""

    tag: int
    value: str
    """`{text_id}`, or a fixed text such as the number of a contract."""
    terminated: bool = True
    """Whether a NUL ends it, which is what a C-octet string is (section 3.1)."""

    def __post_init__(self) -> None:
        """Refuses what the standard uses for something else."""
        if self.tag not in _VENDOR_TAGS:
            raise ValueError("tag: write 0x1400 to 0x3FFF, the centers' own")
        if not self.value.isascii() or not 0 < len(self.value) <= _MOST_PARAMETER_BYTES:
            raise ValueError(f"value: write 1 to {_MOST_PARAMETER_BYTES} ASCII characters")
        if "{" in self.value.replace(TEXT_ID, ""):
            raise ValueError(f"value: {TEXT_ID} is the only placeholder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What a status means at this center, beside what the standard says."""

    status: tuple[int, ...]
    reason: str
    """`[a-z0-9_]{1,64}`; `number_inactive` is understood by the rest of the product, `throttled` by the metrics."""
    final: bool = False
    """Whether the number is at fault, so that nobody else is asked."""
    channel_final: bool = False
    """Whether the number is at fault for text messages alone, so that another channel is tried."""

    def __post_init__(self) -> None:
        """Refuses a row that says nothing."""
        if not self.status or 0 in self.status:
            raise ValueError("status: name at least one, and not 0, which is success")
        if not _REASON.fullmatch(self.reason):
            raise ValueError("reason: write 1 to 64 of a-z, 0-9 and _")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppFile(ProviderFile):
    """One message center."""

    host: str
    port: int
    system_id: str
    tls: Tls = Tls.AUTO
    ca_file: str = ""
    """Whom to believe who the center is, for one that signs its own certificate; empty: the machine's authorities."""
    system_type: str = ""
    service_type: str = ""
    binds: int = 1
    window: int = 10
    """Submissions under way in one connection; 10 is the guideline of the standard."""
    enquire_link_seconds: float = 30.0
    """After so long without a word from the center it is asked whether it is there."""
    response_seconds: float = 5.0
    """How long an answer may take: a person waits."""
    validity_seconds: int = 300
    """After which the center gives a code up: its life. 0 leaves it to the center, as notices do."""
    source: Source = field(default_factory=Source)
    senders: Mapping[str, str] = field(default_factory=dict)
    """The sender names that operators know instead, by operator range: each registers names for itself."""
    coding: Coding = field(default_factory=Coding)
    receipts: ReceiptRules = field(default_factory=ReceiptRules)
    parameters: tuple[Parameter, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The file of the `password`; `read` puts its content here."""

    def __post_init__(self) -> None:
        """Checks what needs no file."""
        ProviderFile.__post_init__(self)
        if self.channels != ("SMS",):
            raise ValueError('channels: SMPP carries ["SMS"] alone')
        if not self.host or not 0 < self.port < 65536:  # noqa: PLR2004 - ports have 16 bits
            raise ValueError("port: write 1 to 65535, and the host it is of")
        if not self.system_id:
            raise ValueError("system_id: is empty")
        for name, word in (
            ("system_id", self.system_id),
            ("system_type", self.system_type),
            ("service_type", self.service_type),
        ):
            check_word(name, word)
        if set(self.secrets) != {"password"}:
            raise ValueError("secrets: name the file of the password, and nothing else")
        check_senders(self.senders)
        if self.source.ton != ALPHANUMERIC and self.senders:
            raise ValueError("senders: are names, so source.ton has to be 5")
        self._check_amounts()

    def _check_amounts(self) -> None:
        if not (1 <= self.binds <= 16 and 1 <= self.window <= 1000):  # noqa: PLR2004 - said in the message
            raise ValueError("window: write 1 to 1000, and 1 to 16 binds")
        if not 1 <= self.enquire_link_seconds <= 600:  # noqa: PLR2004 - said in the message
            raise ValueError("enquire_link_seconds: write 1 to 600")
        if not 0 < self.response_seconds <= 10:  # noqa: PLR2004 - said in the message
            raise ValueError("response_seconds: write more than 0 and at most 10")
        if not 0 <= self.validity_seconds < 86_400:  # noqa: PLR2004 - said in the message
            raise ValueError("validity_seconds: write 0 to 86399, less than a day")
        if self.coding.data_coding not in _CODINGS or self.coding.ucs2_data_coding not in _CODINGS:
            raise ValueError("coding.data_coding: write 0 to 255, and so for ucs2_data_coding")

    @property
    def encrypted(self) -> bool:
        """Whether to speak TLS."""
        return self.tls is Tls.ON or (self.tls is Tls.AUTO and not _is_loopback(self.host))

    @property
    def password(self) -> str:
        """What the center knows us by, once `read` has read it."""
        return self.secrets["password"]


def read(path: Path) -> SmppFile:
    """Reads one file and the secret it names. DataFileError names the file and the key at fault, never a secret."""
    try:
        described = datafile.decode(SmppFile, datafile.read(path))
        password = secret("password", described.secrets["password"])
        try:
            check_word("secrets.password", password)
        except ValueError as error:
            raise DataFileError(str(error)) from None
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None
    object.__setattr__(described, "secrets", {"password": password})
    return described


def check_word(name: str, word: str) -> None:
    """Refuses, by ValueError, what no C-octet string of a bind can hold."""
    if not word.isascii() or not (word.isprintable() and len(word) <= _MOST_WORD_CHARACTERS):
        raise ValueError(f"{name}: write at most {_MOST_WORD_CHARACTERS} printable ASCII characters")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
