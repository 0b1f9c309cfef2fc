"""Everything of a device that exists from open to close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from koshelek_driver.upos.claims import Claim
from koshelek_driver.upos.event_dispatcher import EventDispatcher
from koshelek_driver.upos.maintenance import Maintenance
from koshelek_driver.upos.service import DeviceService
from koshelek_driver.upos.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Session:
    """One open device: its service, claim, events, counters and maintenance.

    A new open makes a new session, so late news of an earlier one (a firmware update, a claim) cannot reach it.
    """

    name: str
    service: DeviceService[Any]
    claim: Claim
    dispatcher: EventDispatcher
    statistics: Statistics
    maintenance: Maintenance
