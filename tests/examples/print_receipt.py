from koshelek_driver import POSPrinter
from koshelek_driver.upos.printer_codes import Station, TransactionControl

printer = POSPrinter()  # devices of $KOSHELEK_SITE or ./site.toml
printer.open("printer1")
printer.claim(1000)
printer.device_enabled = True

printer.transaction_print(Station.RECEIPT, TransactionControl.TRANSACTION)
printer.print_normal(Station.RECEIPT, "\x1b|cA\x1b|4CЧАЙНАЯ № 1\n")
printer.print_normal(Station.RECEIPT, "Чай\x1b|rA120.00\n")
printer.print_bar_code(Station.RECEIPT, "receipt-1024", 204, 200, 200, -2, -11)
printer.print_normal(Station.RECEIPT, "\x1b|fP")
printer.transaction_print(Station.RECEIPT, TransactionControl.NORMAL)  # one job, printed when this returns
