"""Verbs that play the other side: sandbox and demo."""
