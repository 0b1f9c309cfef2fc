"""Lines and print data to units of whole ESC/POS commands.

No port, no clock, no thread.
"""
