"""Making a campaign of an import, with all its accounts, and starting it."""

# ruff: noqa: PLC0415 - imported when called, so that `xacthuc --help` stays quick

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from xacthuc.cli.backfill_reading import deadline_of
from xacthuc.cli.failure import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.api.backfill.v1 import resources_pb2
    from xacthuc.backfill.adapters.work import Work
    from xacthuc.cli.session import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which campaign is to be made."""

    platform: str
    campaign: str
    plan: Path
    policy: Path | None
    start: str
    days: int | None

    def decided(self, work: Work) -> resources_pb2.CampaignPlan:
        """Returns how accounts are asked, until the cautious deadline; CommandFailed when that is over."""
        from xacthuc.backfill.adapters import campaign_files
        from xacthuc.backfill.wire import plan
        from xacthuc.policy import Policy

        deadline, now = deadline_of(Policy.load(self.policy), self.start, self.days), datetime.now(UTC)
        if deadline.is_over(now) or deadline.cautious_end <= now:
            raise CommandFailed(
                "the term is over by the cautious reading", advice="Say from which day the law covers it: --start DATE"
            )
        return plan(campaign_files.load(self.plan, self._id(work), now, deadline.cautious_end))

    def send(self, backfill: Service, work: Work, plan: resources_pb2.CampaignPlan, *, shown: bool) -> dict[str, Any]:
        """Makes the campaign, adds its accounts and starts it: what was done before, by whomever, is not done again."""
        from xacthuc.backfill.adapters.accepted import accepted
        from xacthuc.cli.adapters import backfill_admin_client as admin
        from xacthuc.cli.progress import Progress

        made = backfill.ask(admin.create(self.platform, self.campaign, plan, str(self._id(work))))
        if made["state"] != "PREPARED":
            return backfill.ask(admin.get(made["name"]))
        done = 0
        with Progress("accounts", sum(work.manifest.sizes), shown=shown) as progress:
            for batch in accepted(work, self.platform):
                backfill.ask(admin.add(made["name"], batch))
                done += len(batch)
                progress.reach(done)
        return backfill.ask(admin.start(made["name"]))

    def _id(self, work: Work) -> UUID:
        """Returns the id of making this campaign of an import: the same however often it is said."""
        return uuid5(NAMESPACE_URL, f"campaign/{self.platform}/{self.campaign}/{work.manifest.key}")
