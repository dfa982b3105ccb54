"""The sealed original: nothing readable without the private key, readable up to where it was cut, each opening written down."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from regie.domain.timeline import SAMPLE_RATE, Epoch, MediaTime
from regie.media.frames import EncodedPicture, Live, SoundBlock
from regie.media.sealed import BadKey, SealedOriginal, recipients
from regie.media.verification import verify
from regie.original import JOURNAL, CannotOpen, intact, make_keys, open_original
from tests.encoded import MAIN, programme
from tests.system.peers import wait_for

pytestmark = pytest.mark.unit

SECONDS = 8


@cache
def keys(folder: Path) -> tuple[Path, Path]:
    private, public = folder / "cle", folder / "cle.pub"
    public.write_text(f"# la mairie\n{make_keys(private)}\n", encoding="utf-8")
    return private, public


def seal(folder: Path, public: Path, cut: tuple[int, int] = (99, 99)) -> Path:
    """A programme sealed, the antenna away during the seconds of ``cut``."""
    path = folder / "original" / "r1.mp4.age"
    sealed = SealedOriginal(path, public, programme(SECONDS).main, 128_000, Epoch("r1", 10**18))
    sealed.start()
    sealed.accept(True)
    for packet in programme(SECONDS).packets:
        if isinstance(packet, EncodedPicture) and packet.tier == MAIN:
            sealed.accept(not cut[0] * SAMPLE_RATE <= packet.at < cut[1] * SAMPLE_RATE)
            sealed.picture(Live(packet))
            sealed.sound(SoundBlock(np.zeros((2, 1920), np.float32), MediaTime(packet.at)))
    sealed.close()
    assert sealed.reason == "" and sealed.dropped == 0
    return path


def test_only_the_private_key_opens_it(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    path = seal(tmp_path, public)
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1") and b"moof" not in data and b"ftyp" not in data
    assert path.stat().st_mode & 0o077 == 0 and private.stat().st_mode & 0o077 == 0
    out = tmp_path / "clair.mp4"
    assert open_original(path, private, out, "DPO", "décision 12")
    assert verify(out).pictures == SECONDS * 25
    other = tmp_path / "autre"
    make_keys(other)
    with pytest.raises(CannotOpen):
        open_original(path, other, tmp_path / "rien.mp4", "DPO", "essai")
    assert not (tmp_path / "rien.mp4").exists()
    with pytest.raises(CannotOpen):
        open_original(path, private, tmp_path / "rien.mp4", " ", "essai")
    # What was tried is written too; and a journal that somebody cut shows it.
    journal = path.parent / JOURNAL
    assert len(journal.read_bytes().splitlines()) == 2 and intact(journal)
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[1])
    assert not intact(journal)


def test_a_crash_loses_a_moment_and_no_more(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    path = seal(tmp_path, public)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])
    out = tmp_path / "clair.mp4"
    assert not open_original(path, private, out, "DPO", "panne")
    assert verify(out).duration_ms >= (SECONDS * 3 // 4 - 2) * 1000
    path.write_bytes(whole[:-30] + bytes(30))
    assert not open_original(path, private, tmp_path / "altere.mp4", "DPO", "altération")


def test_it_is_on_the_disk_as_it_goes(tmp_path: Path) -> None:
    _, public = keys(tmp_path)
    path = tmp_path / "o.mp4.age"
    sealed = SealedOriginal(path, public, programme(SECONDS).main, 128_000, Epoch("r1", 10**18))
    sealed.start()
    assert not path.exists()
    sealed.accept(True)
    for packet in programme(SECONDS).packets:
        if isinstance(packet, EncodedPicture) and packet.at < 6 * SAMPLE_RATE:
            sealed.picture(Live(packet))
            sealed.sound(SoundBlock(np.zeros((2, 1920), np.float32), MediaTime(packet.at)))
    # 1.2 Mb/s: a piece of 64 KiB is less than half a second.
    wait_for(lambda: path.exists() and path.stat().st_size > 4 * 150_000, 10, "four seconds are on the disk")
    sealed.close()


def test_what_is_not_for_the_public_is_not_in_it(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    path = seal(tmp_path, public, cut=(2, 5))
    out = tmp_path / "clair.mp4"
    open_original(path, private, out, "DPO", "contrôle")
    assert verify(out).pictures == (SECONDS - 3) * 25


def test_a_key_that_is_none_is_said(tmp_path: Path) -> None:
    for text in ("", "# rien", "ssh-rsa AAAA", "AGE-SECRET-KEY-1XYZ"):
        (tmp_path / "k").write_text(text, encoding="utf-8")
        with pytest.raises(BadKey):
            recipients(tmp_path / "k")
    with pytest.raises(BadKey):
        recipients(tmp_path / "absent")
