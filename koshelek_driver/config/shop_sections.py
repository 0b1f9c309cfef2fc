"""Keys of a site file that are about the shop and not about its till: days, ledger, registries, stores."""

from __future__ import annotations

from typing import Literal

from koshelek_driver.config.toml import Section
from koshelek_driver.secrets import SecretSource


class BusinessDay(Section, frozen=True, kw_only=True):
    """`[business_day]`: when it ends by itself.

    `closes_at` is a local time, 04:00; empty: by `report z` alone. `time_zone` is a name such as Europe/Moscow; empty:
    that of the machine.
    """

    closes_at: str = ""
    time_zone: str = ""


class LedgerKeys(Section, frozen=True, kw_only=True):
    """`[ledger]`: the shop's PostgreSQL. `host` is a name, an address or the folder of a Unix socket; empty: none."""

    host: str = ""
    port: int = 5432
    database: str = "koshelek"
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()
    ca_file: str = ""
    feed_every_s: float = 2.0
    refunds_without_ledger: bool = False
    """Whether money is given back while the ledger cannot be asked; then the host alone guards the sum."""


class StoreCallKeys(Section, frozen=True, kw_only=True):
    """`[store_api.add]`, `get`, `update`: see `pay_api.stores.StoreCall`."""

    method: Literal["GET", "POST", "PUT", "PATCH"]
    path: str = "/api/v1/configuration/brand/store"
    required: tuple[str, ...] = ()
    store_required: tuple[str, ...] = ()


class StoreApi(Section, frozen=True, kw_only=True):
    """`[store_api]`: where stores are registered; base URLs, login and password are those of Pay API where not given.

    Of its calls only add is published, so all that get and update are is here.
    """

    base_url_test: str = ""
    base_url_production: str = ""
    login: SecretSource = SecretSource()
    password: SecretSource = SecretSource()
    brand_id: str = ""
    """Goes into every call whose file has none."""
    more_fields: tuple[str, ...] = ()
    """Names that a store may have beyond those of the published page."""
    add: StoreCallKeys = StoreCallKeys(method="POST")
    get: StoreCallKeys = StoreCallKeys(method="GET", required=("brandId",))
    update: StoreCallKeys = StoreCallKeys(method="PUT", required=("brandId", "stores"), store_required=("storeNumber",))


class RegistryColumns(Section, frozen=True, kw_only=True):
    """`[registries.NAME.columns]`: the headings of a provider's registry; empty: there is no such column."""

    order_id: str = "orderId"
    transaction_id: str = "transactionId"
    amount: str = "amount"
    type: str = "type"
    date: str = "date"


class RegistryTypes(Section, frozen=True, kw_only=True):
    """`[registries.NAME.types]`: the words of the column `type`, in any case; rows of `ignored` are passed over."""

    payment: tuple[str, ...] = ("payment",)
    refund: tuple[str, ...] = ("refund",)
    ignored: tuple[str, ...] = ()


class SettlementFile(Section, frozen=True, kw_only=True):
    """`[registries.NAME]`: how a provider writes its registry; `default` is meant where none is named."""

    encoding: str = "utf-8"
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    """Empty: found by the headings."""
    skip_lines: int = 0
    amount_in: Literal["kopecks", "roubles"] = "kopecks"
    date_format: str = ""
    """As strptime has it, %d.%m.%Y %H:%M:%S; empty: ISO 8601, or that."""
    time_zone: str = ""
    """Of its dates and days; empty: that of the business day."""
    payment_types: tuple[str, ...] = ()
    """The providers that it is of; none: all."""
    columns: RegistryColumns = RegistryColumns()
    types: RegistryTypes = RegistryTypes()
