"""Koshelek Pay API: the only package that knows its HTTP calls and camelCase names."""
