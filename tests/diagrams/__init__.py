"""Diagrams of the READMEs, drawn from the code: `python -m tests.diagrams` writes them, a test compares them."""
