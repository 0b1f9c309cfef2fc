"""The resident driver: what listens for others while the till works."""
