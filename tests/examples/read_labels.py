from koshelek_driver import Scanner, UposError
from koshelek_driver.upos import ErrorCode, PowerNotify, ScanDataType

scanner = Scanner()  # devices of $KOSHELEK_SITE or ./site.toml


def data_occurred(event):  # on the scanner's own event thread
    if scanner.scan_data_type is ScanDataType.QRCODE:
        print(scanner.scan_data_label)  # bytes
    scanner.data_event_enabled = True  # the next one, please


scanner.open("scanner1")
try:
    scanner.claim(1000)  # milliseconds; FOREVER, or 0 for one try
except UposError as refused:  # E_TIMEOUT: "scanner1 is claimed by process 4711"
    print(refused.error_code is ErrorCode.E_TIMEOUT, refused.what, refused.remedy)
scanner.add_data_listener(data_occurred)
scanner.decode_data = True
scanner.power_notify = PowerNotify.PN_ENABLED
scanner.device_enabled = True
scanner.data_event_enabled = True
input("Scan; Enter ends\n")  # stay alive: devices work on threads that end with the program
