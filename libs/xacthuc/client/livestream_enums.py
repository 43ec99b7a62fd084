"""The closed words of the livestream contract as Python enums, open as those of `enums.py`."""

from __future__ import annotations

from xacthuc.api.livestream.v1 import resources_pb2 as livestream
from xacthuc.client.enums import OpenEnum


class Ruling(OpenEnum):
    """What the media edge has to do about a broadcast, mildest first; treat an unknown one as CUT."""

    CONTINUE = livestream.CONTINUE
    HIDE_GOODS = livestream.HIDE_GOODS
    CUT = livestream.CUT


class BroadcastState(OpenEnum):
    """Where a broadcast stands."""

    REFUSED = livestream.Broadcast.REFUSED
    LIVE = livestream.Broadcast.LIVE
    REVOKED = livestream.Broadcast.REVOKED
    ENDED = livestream.Broadcast.ENDED


class BroadcastCommerce(OpenEnum):
    """Whether anything may be for sale in a broadcast."""

    NONE = livestream.Broadcast.NONE
    CLEARED = livestream.Broadcast.CLEARED
    HIDDEN = livestream.Broadcast.HIDDEN


class BroadcastEnd(OpenEnum):
    """Why a broadcast ended."""

    FINISHED = livestream.Broadcast.FINISHED
    UNRENEWED = livestream.Broadcast.UNRENEWED


class CommerceKind(OpenEnum):
    """What makes a broadcast one that sells."""

    PRODUCT_LINK = livestream.Declaration.PRODUCT_LINK
    PRICE = livestream.Declaration.PRICE
    ORDER_FORM = livestream.Declaration.ORDER_FORM
    PAID_PROMOTION = livestream.Declaration.PAID_PROMOTION


class RevocationCause(OpenEnum):
    """What led to a revocation."""

    ACCOUNT = livestream.Revocation.ACCOUNT
    DECLARATION = livestream.Revocation.DECLARATION
    UNRENEWED = livestream.Revocation.UNRENEWED
