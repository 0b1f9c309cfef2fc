"""A virtual ESC/POS printer on a TCP port: receipts as PNG and text, with the faults of a real one."""
