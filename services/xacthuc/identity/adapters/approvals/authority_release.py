"""Making the document of a release: the executor of AUTHORITY_RELEASE (R44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.approvals import Executed, Failed
from xacthuc.identity.domain.releases import Field, Made, ReleaseBar, bar_to_making

if TYPE_CHECKING:
    from datetime import timedelta

    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.releases.documents import Documents
    from xacthuc.identity.domain.approvals import Act, Approval
    from xacthuc.identity.ports.releases import Releases


class AuthorityRelease:
    """The port `Executor`."""

    def __init__(self, releases: Releases, documents: Documents, clock: Clock, fetch_within: timedelta) -> None:
        """`fetch_within` is how long a document waits to be fetched."""
        self._releases = releases
        self._documents = documents
        self._clock = clock
        self._fetch_within = fetch_within

    async def check(self, act: Act) -> None:
        """Refuses requests that are not on record or have ended, and fields that were not asked for."""
        platform, release_id = _named(act)
        release = await self._releases.get(act.platform, release_id) if platform == act.platform else None
        if release is None:
            raise NotFound(Reason.RELEASE_NOT_FOUND, "no such request of an authority about accounts of this platform")
        bar = bar_to_making(release, _fields(act), self._clock.now())
        if bar is ReleaseBar.NOT_REQUESTED:
            fault = "must be among those the authority asked for, and nothing else"
            raise InvalidRequest(FieldFault("act.authority_release.fields", fault, bar.value))
        if bar is not None:
            raise FailedPrecondition(
                Reason.RELEASE_STATE,
                "a document waits to be fetched" if bar is ReleaseBar.READY else "the request has ended",
                metadata={"bar": bar.value},
            )

    async def execute(self, approval: Approval) -> Executed | Failed:
        """Makes the document; the second time it finds what the first one made."""
        platform, release_id = _named(approval.act)
        if approval.decision is None or platform != approval.act.platform:
            return Failed("RELEASE_NOT_FOUND")
        now = self._clock.now()
        made = Made(
            approval=approval.id,
            proposer=approval.proposer,
            approver=approval.decision.operator,
            fields=_fields(approval.act),
            time=now,
            fetch_until=now + self._fetch_within,
        )
        after = await self._documents.make(platform, release_id, made)
        if after is None:
            return Failed("RELEASE_NOT_FOUND")
        return Failed(f"RELEASE_{after.value}") if isinstance(after, ReleaseBar) else Executed({"release": release_id})


def _named(act: Act) -> tuple[str, str]:
    _, platform, _, release_id = act.text("release").split("/")
    return platform, release_id


def _fields(act: Act) -> tuple[Field, ...]:
    return tuple(map(Field, act.texts("fields")))
