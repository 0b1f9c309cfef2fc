"""A virtual ESC/POS printer on a TCP port, with the faults of a real one."""
