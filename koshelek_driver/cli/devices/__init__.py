"""The verbs for scanners, printers and their profiles."""
