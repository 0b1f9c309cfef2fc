from koshelek_driver import Outcome, Terminal

with Terminal.open("site.toml") as terminal:
    order = terminal.new_order("receipt-1024", 123_450)  # kopecks
    payment = terminal.pay(order)  # waits for a scan, charges, prints
    if payment.outcome is Outcome.PAID:
        ...  # close the receipt
    else:
        print(terminal.tip(payment))  # what the cashier should do, in Russian or English
