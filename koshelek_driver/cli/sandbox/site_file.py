"""The template of the sandbox's site file, as a person would write one."""

from __future__ import annotations

from pathlib import Path

SITE = """\
# Written by `koshelek-driver`: a till that pays at the sandbox. Everything here can be tried with
#   koshelek-driver sandbox card --site {path}
#   koshelek-driver pay --site {path} --order-id 1 --amount 12345 --label …

[driver]
environment = "test"
journal = "journal.db"
language = "ru"

[pay_api]
base_url_test = "{base_url}"
ca_file = "ca.pem"
store = "{store}"
terminal = "TILL-01"
login = {{ file = "login.txt" }}
password = {{ file = "password.txt" }}

[pay_api.timing]
decision_timeout_s = {decision_timeout_s}

[totp]
module = "reference"
retailer_key = {{ file = "retailer.key" }}
templates = [
  "{{prefix:CM}}{{card_number:13d}}{{card_session:6an}}{{password:3d}}",   # wallet card
  "{{prefix:CM}}{{card_number:13d}}{{password:3d}}",                     # older app: authenticity only
  "{{card_number:13d}}",                                               # plastic card
]
"""
DEVICES = """
[devices.scanner1]
category = "Scanner"
profile = "generic-serial"
port = "{scanner_port}"

[devices.printer1]
category = "POSPrinter"
profile = "epson-tm-t20iii"
port = "tcp://127.0.0.1:{printer_port}"

[devices.wallet]
category = "CAT"
scanner = "scanner1"
printer = "printer1"
"""


def write_site(path: Path, *, base_url: str, store: str, decision_timeout_s: float = 30.0, devices: str = "") -> None:
    """Write the site file; `devices` is TOML that is appended to it."""
    text = SITE.format(path=path, base_url=base_url, store=store, decision_timeout_s=decision_timeout_s)
    path.write_text(text + devices, encoding="utf-8")
