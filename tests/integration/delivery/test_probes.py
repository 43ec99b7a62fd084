"""The delivery worker serves nobody, and is probed all the same."""

from pathlib import Path

from served import Served

from xacthuc.up import keys


def test_a_worker_answers_its_probe_until_it_is_told_to_end(valkey_url: str, tmp_path: Path):
    keys.make_missing(tmp_path)
    worker = Served(
        "otp-delivery",
        tmp_path,
        files={"XACTHUC_STATE_URL": valkey_url},
        XACTHUC_ENVIRONMENT="development",
        XACTHUC_KEYS_DIRECTORY=str(tmp_path),
        XACTHUC_INBOX_FILE=str(tmp_path / "inbox.jsonl"),
    )
    try:
        worker.until_ready()
        status = worker.terminate()
    finally:
        worker.close()

    assert status == 0
    assert not worker.ready()
