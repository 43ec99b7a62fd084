"""Rings come from files or from a command, and nothing that goes wrong shows what is in them."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from xacthuc.sealing import KeyCommand, KeyFileError, KeyFiles, key_of, ring_of
from xacthuc.settings import Settings

SECRET = "A" * 43
RING = f"0 {SECRET} current\n"


def program(tmp_path, body, **options):
    script = tmp_path / "vault.py"
    script.write_text(f"import sys, time\nname = sys.argv[-1]\n{body}\n")
    return KeyCommand((sys.executable, str(script)), **options)


def test_a_file_holds_a_ring(tmp_path):
    (tmp_path / "seal.keys").write_text(RING)

    assert ring_of(KeyFiles(tmp_path), "seal.keys").keys == {0: bytes(32)}


def test_a_command_prints_the_ring_whose_name_is_its_last_argument(tmp_path):
    source = program(tmp_path, f"print({RING!r} if name == 'seal.keys' else {SECRET!r})")

    assert ring_of(source, "seal.keys").keys == {0: bytes(32)}
    assert key_of(source, "number-index.key") == bytes(32)


def test_no_shell_reads_the_command(tmp_path):
    source = KeyCommand.parse(f"{sys.executable} -c 'print(\"{SECRET}\")' '; touch {tmp_path}/touched'")

    assert key_of(source, "$(id)") == bytes(32)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (f"print({SECRET!r}); sys.stderr.write({SECRET!r}); sys.exit(3)", "ended with status 3"),
        (f"print({SECRET!r}, flush=True); time.sleep(60)", "did not print it within 1.0 s"),
        (f"sys.stdout.buffer.write({SECRET!r}.encode() + bytes([255]))", "not a key file"),
        ("print()", "holds no key"),
        (f"print('0 {SECRET} currant')", "line 1: only the word `current`"),
    ],
)
def test_a_command_that_fails_is_told_by_the_name_of_the_ring_alone(tmp_path, capfd, body, told):
    source = program(tmp_path, body, timeout=timedelta(seconds=1))

    with pytest.raises(KeyFileError, match=told) as failure:
        ring_of(source, "seal.keys")

    assert str(failure.value).startswith("seal.keys")
    assert SECRET not in str(failure.value) + "".join(capfd.readouterr())


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(KeyFileError, match=r"seal\.keys: nowhere-to-be-found cannot be run"):
        ring_of(KeyCommand.parse("nowhere-to-be-found --field=x"), "seal.keys")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KeyFileError, match=r"seal\.keys: cannot be read as a key file"):
        ring_of(KeyFiles(tmp_path), "seal.keys")


def test_settings_choose_the_command_when_there_is_one(monkeypatch):
    assert isinstance(Settings().key_source, KeyFiles)
    monkeypatch.setenv("XACTHUC_KEYS_COMMAND", "vault kv get -field='the content'")

    assert Settings().key_source == KeyCommand(("vault", "kv", "get", "-field=the content"))


def test_a_command_with_an_open_quote_is_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("XACTHUC_KEYS_COMMAND", "vault 'kv")

    with pytest.raises(ValueError, match="quotation"):
        Settings()
