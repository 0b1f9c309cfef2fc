"""Slips: their content, their look, and how each gets on paper once."""
