"""Bytes in, values out: the dialects that devices speak. No port, clock, thread or log lives here."""
