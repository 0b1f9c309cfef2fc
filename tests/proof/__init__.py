"""Proof by exhaustion: every conversation with the host that a small alphabet allows."""
