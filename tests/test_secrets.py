"""A secret is fetched from where the site file says, and shown nowhere."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from koshelek_driver.errors import SecretError
from koshelek_driver.secrets import Secret, SecretSource

HIDDEN = "s3cret-0123456789"


def test_a_secret_cannot_be_shown_by_accident() -> None:
    secret = Secret(HIDDEN)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        "%s" % secret,
        repr([secret]),
        repr({"a": secret}),
    ]
    assert not any(HIDDEN in text for text in shown)
    assert secret.masked() == "…6789"
    assert Secret("12345678").masked() == "…5678"
    assert Secret("1234567").masked() == "…"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_each_source_gives_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password.txt").write_text(HIDDEN + "\n", encoding="utf-8")
    monkeypatch.setenv("KOSHELEK_TEST", HIDDEN)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    entries = {("koshelek", "till"): HIDDEN}
    keyring = SimpleNamespace(get_password=lambda service, user: entries.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    sources = [
        SecretSource(env="KOSHELEK_TEST"),
        SecretSource(file="password.txt"),
        SecretSource(credential="password.txt"),
        SecretSource(keyring="koshelek/till"),
    ]
    assert [source.load(tmp_path, "key").reveal() for source in sources] == [HIDDEN] * 4


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SecretSource(), "0 sources given, expected one"),
        (SecretSource(env="A", file="b"), "2 sources given, expected one"),
        (SecretSource(env="KOSHELEK_NOT_SET"), "KOSHELEK_NOT_SET is not set"),
        (SecretSource(file="none.txt"), "No such file"),
        (SecretSource(file="empty.txt"), "is empty"),
        (SecretSource(file="binary.txt"), "not UTF-8"),
        (SecretSource(credential="x"), "CREDENTIALS_DIRECTORY is not set"),
        (SecretSource(keyring="koshelek/nobody"), "no entry 'koshelek/nobody'"),
    ],
)
def test_a_secret_that_cannot_be_had_is_named_by_key_and_place(
    source: SecretSource, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.txt").write_text("\n", encoding="utf-8")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda _service, _user: None))
    with pytest.raises(SecretError, match="pay_api.password") as caught:
        source.load(tmp_path, "pay_api.password")
    assert message in caught.value.what
    assert caught.value.remedy


def test_a_missing_keyring_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match="keyring is not installed"):
        SecretSource(keyring="a/b").load(tmp_path, "key")
