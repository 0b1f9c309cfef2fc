"""Verbs that sell, cancel, refund and print slips."""
