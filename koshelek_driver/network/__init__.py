"""Clients of servers: connections that open in time, TLS that is always verified."""
