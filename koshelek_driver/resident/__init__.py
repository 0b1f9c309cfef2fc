"""The resident driver: one till that stays open, and the receiver of postbacks."""
