"""FlagWhenIdle over the life of a device."""

from __future__ import annotations

from tests.support.upos_devices import Heard, Press, enabled_press


def idle_events(heard: Heard) -> list[int]:
    return [event.status for event in heard.events if event.status == 1001]


def test_output_that_disabling_drops_is_no_idle_device() -> None:
    with enabled_press() as press:
        heard = Heard()
        press.add_status_update_listener(heard)
        press.async_mode = True
        press.press_once("x")
        press.flag_when_idle = True
        press.device_enabled = False
        assert press.flag_when_idle
        press.device_enabled = True
        press.flag_when_idle = True
        heard.wait(1)
        assert idle_events(heard) == [1001]
        assert not press.flag_when_idle


def test_a_device_that_is_opened_again_begins_without_the_flag() -> None:
    press: Press = enabled_press()
    press.freeze_events = True
    press.flag_when_idle = True
    press.close()
    press.open("p")
    assert not press.flag_when_idle
    press.close()
