from pathlib import Path

from koshelek_driver import RefundWanted, Terminal

with Terminal.open("site.toml") as terminal:
    refund = terminal.refund(RefundWanted("receipt-1024", amount=50_000))  # a part; without amount all that is left
    recovered = terminal.recover()  # at every start of the program
    fiscal_receipt = Path("fiscal-receipt.json").read_bytes()
    terminal.send_receipt("receipt-1024", fiscal_receipt)  # for the customer's app; waits for no payment
