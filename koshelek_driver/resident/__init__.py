"""The resident driver: a process that keeps one till open and receives the postbacks of the host."""
