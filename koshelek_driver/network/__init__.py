"""Clients of servers: connections with a time limit and TLS that is always verified."""
