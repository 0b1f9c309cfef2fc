"""The event queue against a plain model written from the rules of the standard."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from koshelek_driver.upos.codes import ErrorCode, ErrorLocus
from koshelek_driver.upos.events import (
    DataEvent,
    ErrorEvent,
    Event,
    EventQueue,
    OutputCompleteEvent,
    Queued,
    StatusUpdateEvent,
)


def error(locus: ErrorLocus) -> ErrorEvent:
    return ErrorEvent(error_code=ErrorCode.E_FAILURE, error_code_extended=0, error_locus=locus)


@dataclass(eq=False)
class Waiting:
    """One event of the model: which, and what may hold it back."""

    event: Event
    is_data: bool
    is_input: bool


class QueueMachine(RuleBasedStateMachine):
    """The model is a list in order of delivery, from which the first that is not held back is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = EventQueue(limit=20)
        self.model: list[Waiting] = []
        self.frozen = self.data_event_enabled = False
        self.marks: list[tuple[Queued, Waiting]] = []

    def put(self, event: Event, *, is_data: bool = False, is_input: bool = False) -> None:
        queued, waiting = Queued(event), Waiting(event, is_data, is_input)
        self.queue.put(queued)
        self.model.append(waiting)
        self.marks.append((queued, waiting))

    @rule()
    def data(self) -> None:
        self.put(DataEvent(status=0), is_data=True, is_input=True)

    @rule(number=st.integers(0, 3))
    def status(self, number: int) -> None:
        self.put(StatusUpdateEvent(status=number))

    @rule()
    def output_complete(self) -> None:
        self.put(OutputCompleteEvent(output_id=1))

    @rule(locus=st.sampled_from([ErrorLocus.EL_INPUT, ErrorLocus.EL_OUTPUT]))
    def an_error(self, locus: ErrorLocus) -> None:
        self.put(error(locus), is_input=locus is ErrorLocus.EL_INPUT)

    @precondition(lambda self: any(waiting.is_input for waiting in self.model))
    @rule()
    def error_before_data(self) -> None:
        event = error(ErrorLocus.EL_INPUT_DATA)
        self.queue.put_before_data(Queued(event))
        first = next(place for place, waiting in enumerate(self.model) if waiting.is_input)
        self.model.insert(first, Waiting(event, is_data=False, is_input=True))

    @rule(value=st.booleans())
    def freeze(self, value: bool) -> None:
        self.queue.frozen = self.frozen = value

    @rule(value=st.booleans())
    def enable_data_events(self, value: bool) -> None:
        self.queue.data_event_enabled = self.data_event_enabled = value

    @rule()
    def take(self) -> None:
        free = [each for each in self.model if not self.frozen and (self.data_event_enabled or not each.is_input)]
        taken = self.queue.take()
        assert (taken.event if taken else None) is (free[0].event if free else None)
        if free:
            self.model = [each for each in self.model if each is not free[0]]

    @rule()
    def drop_all_input(self) -> None:
        self.queue.drop_input()
        self.model = [waiting for waiting in self.model if not waiting.is_input]

    @precondition(lambda self: any(waiting.is_input for waiting in self.model))
    @rule(choice=st.integers(0, 30))
    def drop_input_until_one_that_waits(self, choice: int) -> None:
        known = [(queued, waiting) for queued, waiting in self.marks if waiting in self.model and waiting.is_input]
        if not known:
            return
        queued, last = known[choice % len(known)]
        self.queue.drop_input(until=queued)
        place = self.model.index(last)
        self.model = [each for at, each in enumerate(self.model) if at > place or not each.is_input]

    @rule(place=st.integers(0, 30))
    def drop_one_other(self, place: int) -> None:
        others = [(queued, waiting) for queued, waiting in self.marks if waiting in self.model and not waiting.is_input]
        if others:
            queued, waiting = others[place % len(others)]
            self.queue.drop(queued)
            self.queue.drop(queued)
            self.model = [each for each in self.model if each is not waiting]

    @rule()
    def clear(self) -> None:
        self.queue.clear()
        self.model = []

    @invariant()
    def counts_agree(self) -> None:
        assert self.queue.data_count == sum(waiting.is_data for waiting in self.model)
        assert self.queue.count_completed_outputs() == sum(
            isinstance(each.event, OutputCompleteEvent) for each in self.model
        )
        assert self.queue.is_full() == (len(self.model) >= 20)


TestQueue = QueueMachine.TestCase
