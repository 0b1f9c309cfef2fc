"""ESC/POS executed on virtual paper, as dots and as text.

The preview of a job and the virtual printer of the sandbox are both this emulator: a preview shows the very bytes that
a printer would get. Needs the extra `drawn`.
"""
