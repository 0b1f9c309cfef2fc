"""Probes of a till and its devices: they report problems and raise nothing for them."""
