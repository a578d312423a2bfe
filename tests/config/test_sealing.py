"""The key of stored secrets comes from a credential, whole or not at all."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from backfilld.config.sealing import KEY_BYTES, token_key
from backfilld.daemon.sealing import sealer
from backfilld.errors import InvalidSettings

KEY = bytes(range(KEY_BYTES))


@pytest.fixture
def credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that systemd hands over, not there yet."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    return tmp_path / "token_key"


def test_a_key(credential: Path) -> None:
    """32 bytes in base64, with the line's end that `openssl` prints; what is sealed under it is read again."""
    credential.write_text(f"{b64encode(KEY).decode()}\n")
    assert token_key() == KEY
    first, second = sealer(), sealer()
    assert first is not None
    assert second is not None
    assert second.open(first.seal(b"secret", "a"), "a") == b"secret"


def test_no_key(credential: Path) -> None:
    """Without the credential, or with the empty one of the unit, there is none, and nobody is in the way."""
    assert (token_key(), sealer()) == (None, None)
    credential.write_text("\n")
    assert (token_key(), sealer()) == (None, None)


@pytest.mark.parametrize("text", ["not base64!", b64encode(KEY[1:]).decode(), KEY.hex(), "c2VjcmV0"])
def test_what_is_no_key(credential: Path, text: str) -> None:
    """Anything else is refused by its name, and is not told."""
    credential.write_text(text)
    with pytest.raises(InvalidSettings, match="token_key: given another text") as refused:
        sealer()
    assert text not in str(refused.value)
