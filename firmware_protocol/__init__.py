"""Device protocols: bytes in, values out. No port, clock, thread or log lives here."""
