"""Peers that are real on the wire: the Pay API host, a barcode scanner and a receipt printer.

The demo and the tests run against them. They share no code with the driver but the wire protocols.
"""
