"""What a printer makes of bytes: the ESC/POS stream executed on virtual paper, as dots and as text.

The preview of a job and the virtual printer of the sandbox both come from here: a preview is of the very bytes that
a printer would get. Needs the extra `drawn`.
"""
