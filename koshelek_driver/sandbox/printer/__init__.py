"""A virtual ESC/POS printer: bytes on a TCP port in, receipts as PNG and text out, with a printer's faults."""
