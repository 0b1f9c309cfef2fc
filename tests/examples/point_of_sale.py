"""A whole point of sale: goods and a wallet card over one scanner, the receipt and the slip on one printer."""

import json
import queue

from koshelek_driver import Terminal, UposError
from koshelek_driver.upos.printer_codes import Station

PRICES = {b"4600000000022": ("Хлеб", 7_900), b"4600000000015": ("Молоко", 12_350)}  # kopecks

with Terminal.open() as till:
    scans = queue.Queue()
    scanner, printer, cat = till.scanner, till.printer, till.cat
    for device, name in ((scanner, "scanner1"), (printer, "printer1"), (cat, "wallet")):
        device.open(name)
        device.claim(1000)
        device.device_enabled = True

    def scanned(event):
        scans.put(scanner.scan_data_label)
        scanner.data_event_enabled = True

    scanner.add_data_listener(scanned)
    scanner.decode_data = scanner.data_event_enabled = True

    basket, card = [], b""
    while not card:  # goods, until something is scanned that is none: the customer's card
        label = scans.get()
        basket, card = ([*basket, PRICES[label]], b"") if label in PRICES else (basket, label)

    total = sum(price for _, price in basket)
    cat.additional_security_information = json.dumps({"orderId": "receipt-1024"})
    try:
        cat.authorize_sales(1, total * 100, 0, 60_000)  # the card that was scanned pays
        lines = [f"{name}\x1b|rA{price / 100:.2f}\x1b|N\n" for name, price in basket]
        printer.print_normal(Station.RECEIPT, "".join(lines) + f"\x1b|bCИТОГ\x1b|rA{total / 100:.2f}\n\x1b|fP")
        print("paid", cat.transaction_number)
    except UposError as problem:
        print("not paid:", problem.what, problem.remedy)  # the remedy is for the cashier
