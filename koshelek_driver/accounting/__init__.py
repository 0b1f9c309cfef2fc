"""Accounting: cash reports, business days, and reconciliation with settlement files. Nothing here moves money."""
