from koshelek_driver import Terminal

with Terminal.open("site.toml") as terminal:
    order = terminal.new_order("receipt-1024", 123_450)  # kopecks
    scanner = terminal.scanner  # the category Scanner
    scanner.open("scanner1")
    scanner.claim(1000)
    scanner.device_enabled = scanner.data_event_enabled = True
    input("scan the customer's card, then press Enter ")
    shown = terminal.shown_card()  # None, or the result of checking the held card
    if shown and shown.can_pay:
        print(terminal.card_line(shown))  # Карта Кошелька …7893: оплата доступна
        methods = terminal.methods(order)  # which providers; the same scan pays afterwards
        payment = terminal.pay(order)
