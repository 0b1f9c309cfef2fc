"""The beginning and the end of every command line: errors become texts, and one rule makes the exit code.

Little is imported before the streams are guarded and the signals taken: they are what this module is for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from koshelek_driver.cli import stop_signals, streams


def main() -> None:
    """Run the console script and end the process with its exit code."""
    streams.fill_missing_descriptors()
    streams.guard()
    stop_signals.take()
    code = _run(sys.argv[1:])
    stop_signals.ignore()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line inside another program and return its exit code."""
    with streams.guarded(), stop_signals.taken():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    from koshelek_driver.cli.call import EXIT_WRONG, begin_call
    from koshelek_driver.cli.faults import as_driver_error
    from koshelek_driver.cli.output import Output

    call = begin_call(as_json="--json" in arguments, has_events="--events" in arguments)
    try:
        with stop_signals.STOP.interrupting():
            from koshelek_driver.cli.verbs import app

            return call.exit_code(app(arguments, standalone_mode=False))
    except BaseException as problem:  # noqa: BLE001 - the one place where everything ends, a fault of ours too
        error = as_driver_error(problem, call)
        if error is None:
            return EXIT_WRONG
        Output(as_json=call.as_json).error(error)
        return call.exit_code_of(error)
