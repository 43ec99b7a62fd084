"""The policy as a whole: loading, merging a platform's own file over it, and the questions the services ask it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self

from xacthuc import datafile
from xacthuc.datafile import DataFileError, Source
from xacthuc.policy import dates
from xacthuc.policy.guardianship import Guardianship
from xacthuc.policy.linking import Linking
from xacthuc.policy.livestreams import Livestream
from xacthuc.policy.messages import (
    CODE_FIELDS,
    NOTICE_FIELDS,
    SENDER_NAME_CHARACTERS,
    message_fault,
    sender_name_fault,
    speech_fault,
    template_fault,
    wording_fault,
)
from xacthuc.policy.sections import (
    AccountsPerNumber,
    Ages,
    Duties,
    Events,
    Grace,
    Holders,
    Identity,
    Imports,
    Locks,
    Message,
    Ministries,
    NumberMoves,
    PathText,
    PersonalIdRules,
    ReasonText,
    Reconciliation,
    Retention,
    Reverification,
    Rule,
    Sms,
    Speech,
    Text,
    Transition,
)
from xacthuc.policy.sending import Bulk, Choice, Guard, Otp, Spend
from xacthuc.policy.supervising import SupervisionRules
from xacthuc.policy.vocabulary import Action, NextStep, Purpose, Reason, VerificationPath

_BUNDLED = Path(__file__).with_name("vietnam.toml")
NOTICE_NAME = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
"""The name of a notice as the contract's SendNoticeRequest takes it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that is law or a default number, at one version. Immutable; one instance serves a process."""

    version: str
    """Names the data, as every decision does. A platform's own file brings its own."""
    effective: date
    """The state of the law that the data describes."""
    ages: Ages
    actions: Mapping[Action, Rule]
    transition: Transition
    retention: Retention
    duties: Duties
    grace: Grace
    guardianship: Guardianship
    locks: Locks
    accounts_per_number: AccountsPerNumber
    accounts_per_personal_id: Holders
    number_moves: NumberMoves
    reverification: Reverification
    personal_id: PersonalIdRules
    imports: Imports
    reconciliation: Reconciliation
    supervision: SupervisionRules
    links: Linking
    otp: Otp
    choice: Choice
    spend: Spend
    bulk: Bulk
    guard: Guard
    identity: Identity
    events: Events
    livestream: Livestream
    sms: Sms
    messages: Mapping[Purpose, Message]
    """What carries a code, by what the code is for."""
    notices: Mapping[str, Message]
    """What carries none, by the name of the template; a platform's own file may add some."""
    speech: Mapping[Purpose, Speech]
    """What a call says, by what the code is for."""
    ministries: Ministries
    reasons: Mapping[Reason, ReasonText]
    next_steps: Mapping[NextStep, Text]
    paths: Mapping[VerificationPath, PathText]
    """Every way to a lawful account, in the order in which they are told (R43)."""
    sources: Mapping[str, Source] = field(init=False, repr=False, default_factory=dict)
    """The citation of every figure by its dotted key, such as `ages.guardian_below`."""

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Reads the bundled policy, with the file at `path` merged over it: the law is data (R55).

        The file states a `version` of its own and what it changes. DataFileError names the key that cannot be used.
        """
        table = datafile.read(_BUNDLED)
        if path is not None:
            own = datafile.read(path)
            if own.get("version", table["version"]) == table["version"]:
                raise DataFileError("version: name your own, so that decisions tell which policy decided")
            effective = own.get("effective") or table["effective"]
            table = datafile.merge(table, own, Source(citation=f"set by {path.name}", effective=effective))
        values, sources = datafile.split_sources(table)
        policy = datafile.decode(cls, values)
        object.__setattr__(policy, "sources", MappingProxyType(sources))
        _check_messages(policy)
        return policy

    def rule_for(self, action: Action) -> Rule:
        """Returns what `action` asks of an account, and why."""
        return self.actions[action]

    def legal_basis(self, action: Action, reason: Reason) -> str:
        """Returns the article a decision names: the reason's own where it has one, else the action's."""
        return self.reasons[reason].citation or self.actions[action].citation

    def age_on(self, birth_date: date, today: date) -> int:
        """Returns the completed years of life on `today`, a day in Vietnam."""
        return dates.age_on(birth_date, today)

    def is_child(self, birth_date: date, at: datetime) -> bool:
        """Whether a parent or guardian must register for the holder at the instant `at` (R15); aware datetimes only."""
        return self.is_child_on(birth_date, dates.local_date(at))

    def is_child_on(self, birth_date: date, today: date) -> bool:
        """Whether that is so on `today`, a day in Vietnam."""
        return dates.age_on(birth_date, today) < self.ages.guardian_below

    def independent_from(self, birth_date: date) -> datetime:
        """Returns the instant, in UTC, from which the holder registers alone: 00:00 of that birthday in Vietnam (R22)."""
        return dates.start_of_day(dates.birthday(birth_date, self.ages.guardian_below))

    def reverify_from(self, verified: datetime) -> datetime | None:
        """Returns from when a number proven at `verified` has to be proven again; None for never by time alone (R31)."""
        months = self.reverification.months
        return dates.months_after(verified, months) if months else None

    @property
    def code_minutes(self) -> int:
        """How long a code is valid, as messages tell."""
        return self.otp.code_life_seconds // 60

    def code_message(self, purpose: Purpose, locale: str, *, brand: str, code: str) -> str:
        """Returns the text message that carries `code`, in the language of the BCP 47 `locale`.

        It fits one segment for every `brand` up to the 11 characters of a sender name.
        """
        return self.messages[purpose].in_locale(locale).format(brand=brand, code=code, minutes=self.code_minutes)

    def notice_message(self, template: str, locale: str, *, brand: str) -> str:
        """Returns the notice `template` in the language of the BCP 47 `locale`; KeyError when there is none by that name."""
        return self.notices[template].in_locale(locale).format(brand=brand)

    def message_fault(self, text: str) -> str | None:
        """Returns why the finished message `text` must not be sent (R34), or None when it may."""
        return message_fault(text, self.sms.promotional_words)

    def brand_fault(self, brand: str) -> str | None:
        """Returns why messages cannot begin with `brand` (R34, R35), or None when each of the policy's can."""
        code = "0" * self.otp.code_digits
        texts = [self.code_message(purpose, "vi", brand=brand, code=code) for purpose in self.messages]
        texts += [self.notice_message(template, "vi", brand=brand) for template in self.notices]
        return sender_name_fault(brand) or next(filter(None, map(self.message_fault, texts)), None)

    def wording_fault(self, text: str) -> str | None:
        """Returns why nobody must be told `text`, written or spoken (R34), or None when they may."""
        return wording_fault(text, self.sms.promotional_words)

    def speech_fault(self, template: str) -> str | None:
        """Returns why a call must not read `template` out, or None when it may."""
        return speech_fault(template, self.sms.promotional_words)


def _check_messages(policy: Policy) -> None:
    """A message that cannot be sent is found at the start, not by the person who waits for it."""
    brand, code = "B" * SENDER_NAME_CHARACTERS, "0" * policy.otp.code_digits
    for locale in ("en", "vi"):
        for purpose, message in policy.messages.items():
            key = f"messages.{purpose}.{locale}"
            _refuse(key, template_fault(message.in_locale(locale), CODE_FIELDS))
            _refuse(key, policy.message_fault(policy.code_message(purpose, locale, brand=brand, code=code)))
        for purpose, speech in policy.speech.items():
            _refuse(f"speech.{purpose}.{locale}", policy.speech_fault(speech.in_locale(locale)))
        for template, notice in policy.notices.items():
            key = f"notices.{template}.{locale}"
            if not NOTICE_NAME.fullmatch(template):
                raise DataFileError(f"{key}: name a notice with a-z, 0-9 and _, at most 64 of them")
            _refuse(key, template_fault(notice.in_locale(locale), NOTICE_FIELDS))
            _refuse(key, policy.message_fault(policy.notice_message(template, locale, brand=brand)))


def _refuse(key: str, fault: str | None) -> None:
    if fault:
        raise DataFileError(f"{key}: {fault}")
