"""Koshelek Pay API: the only room that knows HTTP and camelCase."""
