"""The sections of a site file about the shop rather than the till: days, ledger, registries, stores."""

from __future__ import annotations

from datetime import tzinfo
from typing import Literal

from koshelek_driver.config.toml import Section
from koshelek_driver.secrets import SecretSource

Environment = Literal["test", "production"]


def _zone_named(name: str) -> tzinfo | None:
    """Return a time zone by name, None for the machine's.

    Raises KeyError, ValueError or OSError for an unknown name.
    """
    if not name:
        return None
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


class BusinessDay(Section, frozen=True, kw_only=True):
    """`[business_day]`: the automatic end of the business day.

    `closes_at` is a local time such as 04:00; empty: only `report z` ends the day. `time_zone` is a name such as
    Europe/Moscow; empty: the zone of the machine.
    """

    closes_at: str = ""
    time_zone: str = ""

    @property
    def zone(self) -> tzinfo | None:
        """The named time zone, None for the machine's. Raises KeyError, ValueError or OSError if unknown."""
        return _zone_named(self.time_zone)


class LedgerKeys(Section, frozen=True, kw_only=True):
    """`[ledger]`: the PostgreSQL of the shop.

    `host` is a name, an address or the folder of a Unix socket; empty: there is no ledger.
    """

    host: str = ""
    port: int = 5432
    database: str = "koshelek"
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()
    ca_file: str = ""
    feed_every_s: float = 2.0
    refunds_without_ledger: bool = False
    """True: refund while the ledger is unreachable; then only the host limits the refunded sum."""


class StoreCallKeys(Section, frozen=True, kw_only=True):
    """`[store_api.add]`, `get`, `update`: one call of the Store API, see `pay_api.stores.StoreCall`."""

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: str = "/api/v1/configuration/brand/store"
    required: tuple[str, ...] = ()
    store_required: tuple[str, ...] = ()


class StoreApi(Section, frozen=True, kw_only=True):
    """`[store_api]`: the API that registers stores; missing URLs, login and password are those of the Pay API.

    Only the call `add` is published. `get` and `update` are therefore described completely by these keys.
    """

    base_url_test: str = ""
    base_url_production: str = ""
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()
    brand_id: str = ""
    """Brand of every call whose own file names no brand."""
    more_fields: tuple[str, ...] = ()
    """Fields that a store may have beyond those of the published page."""
    add: StoreCallKeys = StoreCallKeys(method="POST")
    get: StoreCallKeys = StoreCallKeys(method="GET", required=("brandId",))
    update: StoreCallKeys = StoreCallKeys(method="PUT", required=("brandId", "stores"), store_required=("storeNumber",))

    def base_url(self, environment: Environment) -> str:
        """Return the address in an environment, without a trailing slash; empty: not given."""
        return (self.base_url_test if environment == "test" else self.base_url_production).rstrip("/")


class RegistryColumns(Section, frozen=True, kw_only=True):
    """`[registries.NAME.columns]`: headings of a provider's settlement file; empty: the column does not exist."""

    order_id: str = "orderId"
    transaction_id: str = "transactionId"
    amount: str = "amount"
    type: str = "type"
    date: str = "date"


class RegistryTypes(Section, frozen=True, kw_only=True):
    """`[registries.NAME.types]`: words of the column `type`, in any case; rows with an `ignored` word are skipped."""

    payment: tuple[str, ...] = ("payment",)
    refund: tuple[str, ...] = ("refund",)
    ignored: tuple[str, ...] = ()


class SettlementFile(Section, frozen=True, kw_only=True):
    """`[registries.NAME]`: the format of a provider's settlement file; `default` is used where no name is given."""

    encoding: str = "utf-8"
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    """Empty: detected from the line of headings."""
    skip_lines: int = 0
    amount_in: Literal["kopecks", "roubles"] = "kopecks"
    date_format: str = ""
    """Format of strptime; empty: ISO 8601 or `%d.%m.%Y %H:%M:%S`."""
    time_zone: str = ""
    """Zone of the dates in the file; empty: the zone of the business day."""
    payment_types: tuple[str, ...] = ()
    """Payment types that the file covers; empty: all."""
    columns: RegistryColumns = RegistryColumns()
    types: RegistryTypes = RegistryTypes()

    @property
    def zone(self) -> tzinfo | None:
        """The named time zone, None for the business day's. Raises KeyError, ValueError or OSError if unknown."""
        return _zone_named(self.time_zone)
