"""Verbs for scanners, printers and their profiles."""
