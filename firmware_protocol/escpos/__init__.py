"""ESC/POS, the dialect of receipt printers: commands, the stream read back, and status replies."""
