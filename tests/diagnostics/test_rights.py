"""Rights of a till's files: the doctor names what others may read or write, and `run` does not start."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from koshelek_driver.cli.run import run
from koshelek_driver.config import site
from koshelek_driver.diagnostics import doctor, rights
from koshelek_driver.errors import SecretError, SiteError
from koshelek_driver.payment.journal import Journal
from tests.support.tills import Till

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs rights of POSIX")


@pytest.fixture
def settings(till: Till) -> site.Site:
    return site.load(till.site)


def secret_of(settings: site.Site) -> Path:
    return next(settings.base / source.file for _, source in rights._sources(settings, "") if source.file)


def doctor_says(settings: site.Site) -> list[tuple[str, str]]:
    return [(check.result.value, check.remedy) for check in doctor.checks(settings.path) if check.name == "rights"]


def test_a_till_with_private_secrets_passes(settings: site.Site) -> None:
    assert doctor_says(settings) == []
    rights.refuse_exposed(settings)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602, 0o620])
def test_a_secret_that_others_may_read_is_refused_with_the_command(settings: site.Site, mode: int) -> None:
    secret = secret_of(settings)
    secret.chmod(mode)
    assert ("warn", f"chmod 600 {secret}") in doctor_says(settings)
    with pytest.raises(SecretError, match="other users may read") as refused:
        run(site=settings.path)
    assert refused.value.remedy == f"chmod 600 {secret}"
    assert not Path(f"{settings.journal}.running").exists()


@pytest.mark.parametrize("which", ["path", "base"])
def test_a_site_file_that_others_may_write_is_refused(settings: site.Site, which: str) -> None:
    path: Path = getattr(settings, which)
    path.chmod(path.stat().st_mode | 0o020)
    with pytest.raises(SiteError, match="changed by other users") as refused:
        run(site=settings.path)
    assert refused.value.remedy == f"chmod go-w {path}"
    path.chmod(path.stat().st_mode & ~0o020)


def test_copies_of_the_journal_that_others_may_read_are_named(settings: site.Site) -> None:
    with closing(Journal(settings.journal)) as journal:
        assert settings.backup is not None
        journal.database.backup(settings.backup)
    assert rights.exposed_copies(settings) == []
    for path in (settings.journal, settings.backup):
        path.chmod(0o644)
    assert [found.remedy for found in rights.exposed_copies(settings)] == [
        f"chmod 600 {settings.journal}",
        f"chmod 600 {settings.backup}",
    ]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs files of other users")
def test_a_site_file_of_another_user_is_refused(settings: site.Site) -> None:
    os.chown(settings.path, 65534, 65534)
    with pytest.raises(SiteError, match="belongs to another user"):
        rights.refuse_exposed(settings)
