"""Lines and print data in, units of whole ESC/POS commands out. No port, no clock, no thread."""
