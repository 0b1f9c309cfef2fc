"""`python -m koshelek_driver`: the same as `koshelek-driver`."""

from __future__ import annotations

from koshelek_driver.cli.main import main

main()
