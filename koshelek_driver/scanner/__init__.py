"""The category Scanner: from a port's bytes to labels."""
