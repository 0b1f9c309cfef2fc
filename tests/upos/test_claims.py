"""Exclusive claims: between instances, threads and real processes, whatever becomes of the holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from koshelek_driver.upos.claims import Claim
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError
from tests.support.paths import ROOT
from tests.support.upos_devices import WAIT_S, HandledScanner, HandScanner

CHILD = """
import sys
from tests.support.upos_devices import HandledScanner
scanner = HandledScanner()
scanner.open("s")
print("ready", flush=True)
for line in sys.stdin:
    try:
        eval(line)
        print("done", flush=True)
    except Exception as problem:
        print(getattr(problem, "error_code", problem), flush=True)
"""


class Program:
    """Another program of the same machine, which does what it is told with its own Scanner."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.answer() == "ready"

    def ask(self, what: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def do(self, what: str) -> str:
        self.ask(what)
        return self.answer()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=WAIT_S)


@pytest.fixture
def program() -> Iterator[Program]:
    started = Program()
    yield started
    started.end()


def opened() -> HandledScanner:
    scanner = HandledScanner()
    scanner.open("s")
    return scanner


def code_of(problem: pytest.ExceptionInfo[UposError]) -> ErrorCode:
    return problem.value.error_code


def test_one_instance_has_it_and_may_claim_again() -> None:
    with opened() as first, opened() as second:
        first.claim(0)
        first.claim(0)
        assert (first.claimed, second.claimed) == (True, False)
        with pytest.raises(UposError, match=f"claimed by process {os.getpid()}") as refused:
            second.claim(0)
        assert code_of(refused) is ErrorCode.E_TIMEOUT
        first.release()
        second.claim(0)
        assert (first.claimed, second.claimed) == (False, True)


def test_another_device_is_another_claim() -> None:
    with opened() as first, HandledScanner(HandScanner("other")) as second:
        second.open("s")
        first.claim(0)
        second.claim(0)


@pytest.mark.parametrize("timeout", [-2, -1000])
def test_another_negative_timeout_is_illegal(timeout: int) -> None:
    with opened() as scanner, pytest.raises(UposError, match="FOREVER|timeout") as refused:
        scanner.claim(timeout)
    assert code_of(refused) is ErrorCode.E_ILLEGAL


@pytest.mark.parametrize("timeout", [FOREVER, 8000])
def test_a_waiting_claim_gets_it_when_it_is_released(timeout: int) -> None:
    with opened() as first, opened() as second:
        first.claim(0)
        waiting = threading.Thread(target=second.claim, args=(timeout,))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        first.release()
        waiting.join(WAIT_S)
        assert second.claimed


def test_a_waiting_claim_ends_when_its_device_is_closed() -> None:
    refused: list[ErrorCode] = []

    def wait(scanner: HandledScanner) -> None:
        with pytest.raises(UposError) as problem:
            scanner.claim(FOREVER)
        refused.append(code_of(problem))

    with opened() as first:
        first.claim(0)
        second = opened()
        waiting = threading.Thread(target=wait, args=(second,))
        waiting.start()
        waiting.join(0.05)
        second.close()
        waiting.join(WAIT_S)
    assert refused == [ErrorCode.E_CLOSED]


def test_two_threads_may_claim_the_same_instance_at_once() -> None:
    with opened() as scanner:
        threads = [threading.Thread(target=scanner.claim, args=(0,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert scanner.claimed


def test_closing_releases() -> None:
    first = opened()
    first.claim(0)
    first.close()
    with opened() as second:
        second.claim(0)


def test_release_disables_and_forgets_what_waits() -> None:
    with opened() as scanner:
        scanner.claim(0)
        scanner.device_enabled = True
        scanner.hand.scan("one")
        assert scanner.data_count == 1
        scanner.release()
        assert (scanner.data_count, scanner.device_enabled) == (0, False)
        assert scanner.hand.calls[-1] == "disable"


def test_a_device_that_fails_to_disable_is_released_all_the_same() -> None:
    with opened() as first, opened() as second:
        first.claim(0)
        first.device_enabled = True
        first.hand.fails["disable"] = RuntimeError("stuck")
        with pytest.raises(UposError, match="RuntimeError"):
            first.release()
        assert not first.claimed
        second.claim(0)


def test_another_program_has_it(program: Program) -> None:
    assert program.do("scanner.claim(0)") == "done"
    with opened() as scanner:
        with pytest.raises(UposError, match=f"process {program.process.pid}") as refused:
            scanner.claim(50)
        assert code_of(refused) is ErrorCode.E_TIMEOUT
        with pytest.raises(UposError, match=f"process {program.process.pid}") as refused:
            scanner.device_enabled = True
        assert code_of(refused) is ErrorCode.E_CLAIMED
        assert program.do("scanner.release()") == "done"
        with pytest.raises(UposError, match="not claimed") as refused:
            scanner.device_enabled = True
        assert code_of(refused) is ErrorCode.E_NOTCLAIMED
        scanner.claim(0)
        assert program.do("scanner.claim(0)") == str(int(ErrorCode.E_TIMEOUT))


def test_kill_9_of_the_holder_frees_it_for_one_who_waits(program: Program) -> None:
    assert program.do("scanner.claim(0)") == "done"
    with opened() as scanner:
        waiting = threading.Thread(target=scanner.claim, args=(FOREVER,))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        program.process.send_signal(signal.SIGKILL)
        waiting.join(WAIT_S)
        assert scanner.claimed


def test_a_stopped_holder_keeps_it(program: Program) -> None:
    assert program.do("scanner.claim(0)") == "done"
    program.process.send_signal(signal.SIGSTOP)
    with opened() as scanner, pytest.raises(UposError) as refused:
        scanner.claim(30)
    assert code_of(refused) is ErrorCode.E_TIMEOUT


def test_many_programs_never_have_it_together(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    body = (
        f"[(scanner.claim(-1), open({str(counter)!r}, 'r+').write(str(int(open({str(counter)!r}).read()) + 1)),"
        " scanner.release()) for _ in range(25)]"
    )
    programs = [Program() for _ in range(4)]
    for each in programs:
        each.ask(body)
    assert [each.answer() for each in programs] == ["done"] * 4
    for each in programs:
        each.end()
    assert counter.read_text() == "100"


def test_asking_who_has_it_never_makes_a_claim_fail(claims: Path) -> None:
    asking, stop = Claim("hand", claims), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            asking.held_elsewhere()

    asker = threading.Thread(target=ask)
    asker.start()
    taking, taken = Claim("hand", claims), 0
    for _ in range(200):
        taken += taking.take()
        taking.drop()
    stop.set()
    asker.join(WAIT_S)
    assert taken == 200


def test_a_folder_that_cannot_be_written_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KOSHELEK_CLAIMS", str(tmp_path / "file" / "claims"))
    with pytest.raises(UposError, match="claims cannot be kept in") as refused:
        HandledScanner().open("s")
    assert code_of(refused) is ErrorCode.E_FAILURE
    assert "KOSHELEK_CLAIMS" in refused.value.remedy


def test_the_next_holder_may_be_another_user(claims: Path) -> None:
    with opened() as scanner:
        scanner.claim(0)
        scanner.release()
    files = sorted(claims.iterdir())
    assert [path.suffix for path in files] == [".gate", ".holder", ".lock"]
    assert [path.stat().st_mode & 0o777 for path in (claims, *files)] == [0o777, 0o666, 0o666, 0o666]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system cannot refuse to follow a link")
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_that_another_user_left_in_place_of_the_holder_is_not_followed(
    claims: Path, tmp_path: Path, exists: bool
) -> None:
    """Everybody may write to the folder of claims: a link there must not make this program write to another file."""
    victim = tmp_path / "victim"
    if exists:
        victim.write_text("precious")
        victim.chmod(0o600)
    first = Claim("hand", claims)
    first.take()
    (holder,) = claims.glob("*.holder")
    first.drop()
    holder.unlink()
    holder.symlink_to(victim)
    second = Claim("hand", claims)
    assert second.take()
    assert victim.exists() is exists
    if exists:
        assert (victim.read_text(), stat.S_IMODE(victim.stat().st_mode)) == ("precious", 0o600)
    second.drop()


def test_a_holder_that_cannot_be_noted_has_it_all_the_same(claims: Path) -> None:
    with opened() as first, opened() as second:
        first.claim(0)
        first.release()
        (holder,) = claims.glob("*.holder")
        holder.unlink()
        holder.mkdir()
        first.claim(0)
        with pytest.raises(UposError, match="claimed by another program"):
            second.claim(0)


def _link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def _hard_link(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def _pipe(path: Path, _victim: Path) -> None:
    os.mkfifo(path)


def _directory(path: Path, _victim: Path) -> None:
    path.mkdir()


def _socket(path: Path, _victim: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(path.parent):  # its address may not be long
        listening.bind(path.name)


PLANTS = pytest.mark.parametrize("plant", [_link, _hard_link, _pipe, _directory, _socket])
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs files of POSIX")
AS_ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs files of other users")


@POSIX
@PLANTS
@pytest.mark.parametrize("suffix", [".lock", ".gate", ".holder"])
def test_whatever_is_planted_in_the_folder_of_claims_neither_hangs_nor_changes_another_file(
    claims: Path, tmp_path: Path, plant: Callable[[Path, Path], None], suffix: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    victim.chmod(0o600)
    claim = Claim("hand", claims)
    claim.take()
    claim.drop()
    (planted,) = claims.glob(f"*{suffix}")
    planted.unlink()
    plant(planted, victim)
    if suffix == ".holder":
        assert claim.take()
        assert claim.holder() == "another program"
    else:
        with pytest.raises(UposError, match="claims cannot be kept in .*(no regular file|second name)") as refused:
            claim.take()
        assert code_of(refused) is ErrorCode.E_FAILURE
        assert str(planted) in refused.value.remedy
    claim.drop()
    assert (victim.read_text(), stat.S_IMODE(victim.stat().st_mode)) == ("precious", 0o600)


@POSIX
def test_the_folder_is_sticky_also_one_that_an_older_driver_made(claims: Path) -> None:
    claims.mkdir()
    claims.chmod(0o777)
    Claim("hand", claims)
    assert stat.S_IMODE(claims.stat().st_mode) == 0o1777


@POSIX
def test_a_folder_that_is_a_link_is_refused(claims: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    claims.symlink_to(home)
    with pytest.raises(UposError, match="claims cannot be kept"):
        Claim("hand", claims)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@AS_ROOT
def test_a_folder_of_another_user_is_refused_in_words(claims: Path) -> None:
    claims.mkdir()
    os.chown(claims, 65534, 65534)
    with pytest.raises(UposError, match="belongs to another user") as refused:
        Claim("hand", claims)
    assert f"chown root {claims}" in refused.value.remedy


AS_NOBODY = """
import os, sys
from pathlib import Path
from koshelek_driver.upos.claims import Claim
os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    claim = Claim("hand", Path(sys.argv[1]))
    print(claim.take(), claim.holder(), flush=True)
except Exception as problem:
    print(problem, flush=True)
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder of claims that every user of the machine can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "claims"


def _as_nobody(claims: Path) -> str:
    command = [sys.executable, "-c", AS_NOBODY, str(claims)]
    return subprocess.check_output(command, text=True, cwd=ROOT, timeout=WAIT_S).strip()


@AS_ROOT
def test_users_share_the_claims_of_a_folder_of_root(shared: Path) -> None:
    claim = Claim("hand", shared)
    assert claim.take()
    assert _as_nobody(shared) == f"False process {os.getpid()}"
    claim.drop()
    assert _as_nobody(shared).startswith("True process ")


@AS_ROOT
def test_a_folder_of_root_where_files_of_others_can_be_removed_is_refused(shared: Path) -> None:
    Claim("hand", shared)
    shared.chmod(0o777)
    assert "every user may remove the files of others" in _as_nobody(shared)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names in the kernel's memory")
def test_a_deleted_lock_does_not_give_the_device_to_two(claims: Path, program: Program) -> None:
    assert program.do("scanner.claim(0)") == "done"
    for file in claims.iterdir():
        file.unlink()
    with opened() as scanner:
        with pytest.raises(UposError) as refused:
            scanner.claim(50)
        assert code_of(refused) is ErrorCode.E_TIMEOUT
        program.end()
        scanner.claim(FOREVER)
        assert Claim("hand", claims).held_elsewhere()


@POSIX
def test_a_lock_that_is_removed_between_opening_and_locking_is_not_the_claim(claims: Path) -> None:
    claim, flock = Claim("hand", claims), fcntl.flock
    removed: list[Path] = []

    def remove_first(descriptor: int, operation: int) -> None:
        found = [path for path in claims.glob("*.lock") if os.path.samestat(path.stat(), os.fstat(descriptor))]
        if found and not removed:
            removed.extend(found)
            found[0].unlink()
        flock(descriptor, operation)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(fcntl, "flock", remove_first)
        assert claim.take()
    (lock,) = claims.glob("*.lock")
    assert removed == [lock]
    second = os.open(lock, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(second)
    claim.drop()


class ClaimsMachine(RuleBasedStateMachine):
    """Several instances of one device against the plainest model: who has it."""

    def __init__(self) -> None:
        super().__init__()
        self.devices = [HandledScanner(HandScanner("machine")) for _ in range(3)]
        self.opened: set[int] = set()
        self.holder: int | None = None
        self.enabled = False

    def attempt(self, number: int, action: str) -> ErrorCode | None:
        device = self.devices[number]
        actions: dict[str, Callable[[], object]] = {
            "open": lambda: device.open("s"),
            "close": device.close,
            "claim": lambda: device.claim(0),
            "release": device.release,
            "enable": lambda: setattr(device, "device_enabled", True),
        }
        try:
            actions[action]()
        except UposError as problem:
            return problem.error_code
        return None

    def expected(self, number: int, action: str) -> ErrorCode | None:
        if action == "open":
            return ErrorCode.E_ILLEGAL if number in self.opened else None
        if number not in self.opened:
            return ErrorCode.E_CLOSED
        if action == "close" or self.holder == number:
            return None
        others = {
            "claim": ErrorCode.E_TIMEOUT if self.holder is not None else None,
            "release": ErrorCode.E_ILLEGAL,
            "enable": ErrorCode.E_NOTCLAIMED if self.holder is None else ErrorCode.E_CLAIMED,
        }
        return others[action]

    @rule(number=st.integers(0, 2), action=st.sampled_from(["open", "close", "claim", "release", "enable"]))
    def act(self, number: int, action: str) -> None:
        expected = self.expected(number, action)
        assert self.attempt(number, action) is expected
        if expected is not None:
            return
        if action == "open":
            self.opened.add(number)
        elif action == "claim":
            self.holder = number
        elif action in ("close", "release"):
            self.opened -= {number} if action == "close" else set()
            self.enabled = self.enabled and self.holder != number
            self.holder = None if self.holder == number else self.holder
        else:
            self.enabled = True

    @invariant()
    def agrees(self) -> None:
        for number in self.opened:
            assert self.devices[number].claimed == (self.holder == number)
            assert self.devices[number].device_enabled == (self.enabled and self.holder == number)

    def teardown(self) -> None:
        for number in self.opened:
            self.devices[number].close()


TestClaims = ClaimsMachine.TestCase
