import acme  # the maker's library

from koshelek_driver.scanner import Label, parse_label
from koshelek_driver.upos import DeviceService


class AcmeScanner(DeviceService[Label]):
    def __init__(self, name, entry):
        self.claim_key = f"acme:{entry.settings['serial']}"  # the hardware, the same in every program

    def enable(self, callbacks):  # raise UposError(ErrorCode.E_NOHARDWARE, what, remedy)
        self._library = acme.start(on_frame=lambda frame: callbacks.data(parse_label(frame)))  # False: disabled, stop

    def disable(self):
        self._library.stop()
