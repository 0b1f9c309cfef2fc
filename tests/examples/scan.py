from koshelek_driver import Scanner

scanner = Scanner()  # the devices of ./site.toml
scanner.open("scanner1")
scanner.claim(1000)
scanner.add_data_listener(lambda event: print(scanner.scan_data))
scanner.device_enabled = True
scanner.data_event_enabled = True  # again after every event
input("Scan; Enter ends\n")  # stay alive: devices work on threads that end with the program
