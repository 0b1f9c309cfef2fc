"""Simulated peers that are real on the wire: host, scanner, printer.

The demo and the tests run against them. Only the wire protocols and the ESC/POS emulator are shared with the driver,
so that a mistake of the driver is not repeated here.
"""
