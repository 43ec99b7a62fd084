"""A message center over PyPI `smpp.twisted3`, told by a test what to do: a process of its own, run as a program.

Speaks JSON, a line each way, on its control port, like smsc_node.js; it knows fewer tricks. See smsc.py.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from smpp.pdu.constants import command_status_name_map
from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_types import CommandStatus, EsmClass, EsmClassMode, EsmClassType, RegisteredDeliveryReceipt
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import defer, reactor, stdio
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import LineReceiver

SYSTEM = "acme"


class Realm:
    """Everybody who is known may do everything."""

    def requestAvatar(self, avatar: Any, mind: Any, *interfaces: Any) -> tuple[Any, ...]:  # noqa: N802 - twisted's
        return interfaces[0], avatar, lambda: None


class Center:
    """What was submitted, and what is done next."""

    def __init__(self) -> None:
        self.plan: list[dict[str, Any]] = []
        self.submissions: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.binds = 0
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser(SYSTEM, "letmein")
        config = SMPPServerConfig(
            msgHandler=self.submitted, systems={SYSTEM: {"max_bindings": 4}}, enquireLinkTimerSecs=1
        )
        self.factory = SMPPServerFactory(config, Portal(Realm(), [checker]))
        register = self.factory.addBoundConnection

        def count(connection: Any) -> None:
            self.binds += 1
            connection.number = self.binds
            register(connection)

        self.factory.addBoundConnection = count

    @property
    def connections(self) -> list[Any]:
        """The binds that stand."""
        return list(self.factory.getBoundConnections(SYSTEM) or ())

    def submitted(self, _system: str, connection: Any, pdu: Any) -> Any:
        step = self.plan.pop(0) if self.plan else {}
        if "status" in step:
            return next(status for status in CommandStatus if command_status_name_map[status.name] == step["status"])
        if step.get("drop") == "before":
            connection.transport.abortConnection()
            return defer.Deferred()
        number = len(self.submissions) + 1
        params = pdu.params
        self.submissions.append(
            {
                "number": number,
                "id": str(number),
                "at": time.monotonic() * 1000,
                "bind": connection.number,
                "to": params["destination_addr"].decode(),
                "from": params["source_addr"].decode(),
                "octets": params["short_message"].hex(),
                "coding": str(params["data_coding"].schemeData),
            }
        )
        accepted = DataHandlerResponse(status=CommandStatus.ESME_ROK, message_id=str(number))
        asked = params["registered_delivery"].receipt == RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED
        state = step.get("receipt", "DELIVRD")
        if step.get("silent"):
            return defer.Deferred()
        if not asked or not state:
            return accepted
        others = [other for other in self.connections if other is not connection]
        if step.get("early") or (step.get("elsewhere") and others):
            told = self.deliver(others[0] if step.get("elsewhere") else connection, number, state)
            return told.addCallback(lambda _: accepted)
        reactor.callLater(0.02, self.deliver, connection, number, state)
        return accepted

    def deliver(self, connection: Any, number: int, state: str) -> Any:
        """Sends a receipt and notes how it was answered."""
        text = f"id:{number} sub:001 dlvrd:001 submit date:2611230300 done date:2611230300 stat:{state} err:000 text:x"
        unit = DeliverSM(
            source_addr=b"84912345678",
            destination_addr=b"Forum",
            esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
            short_message=text.encode(),
        )
        told = connection.sendDataRequest(unit)
        told.addCallbacks(lambda _: self.answers.append(0), lambda _: self.answers.append(-1))
        return told

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Does what a line of the control port says."""
        match command["do"]:
            case "plan":
                self.plan += command["steps"]
            case "drop":
                for connection in self.connections:
                    connection.transport.abortConnection()
            case "unbind":
                for connection in self.connections:
                    connection.unbindAndDisconnect()
            case "report":
                return {
                    "submissions": self.submissions,
                    "answers": self.answers,
                    "binds": self.binds,
                    "bound": len(self.connections),
                }
        return {}


class Control(LineReceiver):
    """One line in, one line out."""

    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - twisted's
        self.sendLine(json.dumps(self.factory.center.act(json.loads(line))).encode())


class Parent(Protocol):
    """Ends with whoever started this."""

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - twisted's
        if reactor.running:
            reactor.stop()


def main() -> None:
    center = Center()
    control = Factory.forProtocol(Control)
    control.center = center
    smpp_port = reactor.listenTCP(0, center.factory, interface="127.0.0.1")
    control_port = reactor.listenTCP(0, control, interface="127.0.0.1")
    stdio.StandardIO(Parent())
    sys.stdout.write(json.dumps({"smpp": smpp_port.getHost().port, "control": control_port.getHost().port}) + "\n")
    sys.stdout.flush()
    reactor.run()


if __name__ == "__main__":
    main()
