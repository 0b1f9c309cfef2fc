"""Cards: divide a label into its fields and check if the card is genuine.

Nothing here reads a clock: callers pass in the time.
"""
