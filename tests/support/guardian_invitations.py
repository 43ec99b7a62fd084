"""Inviting guardians, confirming and approving, as the use cases have it done."""

from __future__ import annotations

from datetime import timedelta

from xacthuc.guardian.domain.life import AgeBand
from xacthuc.guardian.domain.links import Declaration
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.domain.supervision import beginning
from xacthuc.guardian.ports.links import Caps, Confirmation, Invitation
from xacthuc.ids import new_short_id

NUMBER, OTHER = "+84912345678", "+84987654321"
CAPS = Caps(repeats=3, per_child=5, per_person=3)
LIFE = timedelta(days=7)


async def invite(family, child="be", *, number=NUMBER, account=None, relation=Relation.MOTHER, order=None, caps=CAPS):
    now = family.clock.now()
    wanted = Invitation(
        link=new_short_id(),
        child_id=child,
        account_id=account,
        number=None if account else number,
        relation=relation,
        device="d" * 16,
        expire_time=now + LIFE,
    )
    return await family.guardian.invitations.invite(
        order or family.order("RequestLink", repr(wanted)), wanted, caps, now
    )


def confirmation(family, link, guardian, suspicions=(), per_day=5, children=5):
    return Confirmation(
        link=link.link,
        guardian_id=guardian,
        declaration=Declaration(text_version="parent-2026-11", accept_time=family.clock.now(), ward_ground=None),
        suspicions=suspicions,
        beginning=beginning(family.guardian.policy, AgeBand.BELOW_INDEPENDENCE),
        waits=LIFE,
        per_day=per_day,
        children=children,
    )


async def confirm(family, link, guardian, order=None, **others):
    wanted = confirmation(family, link, guardian, **others)
    order = order or family.order("ConfirmLink", repr(wanted))
    return await family.guardian.invitations.confirm(order, wanted, family.clock.now())


async def approve(family, link, by):
    order = family.order("ApproveLink", link.link + by.link)
    return await family.guardian.invitations.approve(order, link.link, by.link, 5, family.clock.now())


async def taken_on(family, child, guardian, **invited):
    return await confirm(family, await invite(family, child, **invited), guardian)
