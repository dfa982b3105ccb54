"""The guide's cache in front of the WebTV, with a real nginx: what it kept of a passage goes when the régie says so."""

import http.client
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.outputs import WebTv
from regie.media.purging import Purger
from tests.system.peers import free_port, is_listening, wait_for

pytestmark = pytest.mark.system

GUIDE = Path(__file__).parents[2] / "docs" / "installation.md"
CACHE = "/var/cache/regie-webtv"
SEGMENT = "720p/r1-000003-ab12cd.m4s"


def _block(kind: str) -> str:
    """The guide's only block of this kind that speaks of the cache."""
    blocks = re.findall(rf"```{kind}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = (block for block in blocks if CACHE in block)
    return str(found)


class _Origin(SimpleHTTPRequestHandler):
    """Serves segments as the régie does: to be kept for a year."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "public, max-age=31536000, immutable")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    segment = tmp_path / "www" / "media" / "s" / SEGMENT
    segment.parent.mkdir(parents=True)
    segment.write_bytes(b"what was said")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Origin, directory=str(tmp_path / "www")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, segment
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path, origin: tuple[int, Path]) -> Iterator[int]:
    """nginx with the guide's own lines, but for its addresses and its certificate."""
    port, where = free_port(), str(tmp_path / "cache")
    written = _block("nginx").replace(CACHE, where).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    written = re.sub(r"\n\s*ssl_certificate\S*.*", "", written)
    written = written.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{origin[0]}")
    folder = tmp_path / "nginx"
    folder.mkdir()
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{written}\n}}\n",
        encoding="utf-8",
    )
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "error.log")],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: is_listening(port), 10, "nginx listens")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _get(port: int) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/media/s/{SEGMENT}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_guide_s_recipe_empties_the_guide_s_cache(
    tmp_path: Path, origin: tuple[int, Path], cache: int
) -> None:
    assert _get(cache) == (200, b"what was said")
    origin[1].unlink()
    assert _get(cache) == (200, b"what was said"), "it is the cache that answers"
    script = tmp_path / "purge-webtv"
    script.write_text(_block("sh").replace(CACHE, str(tmp_path / "cache")), encoding="utf-8")
    script.chmod(0o755)
    purger = Purger(WebTv(purge_commande=(str(script), "{chemin}")))
    assert purger.tell("s", (SEGMENT, "720p/never-asked-for.m4s")) == ()
    assert _get(cache)[0] == 404
    left = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert not any(b"what was said" in data for data in left)


def test_a_cache_that_does_not_answer_is_told_of_as_many_as_it_missed(
    origin: tuple[int, Path],
) -> None:
    address = f"http://127.0.0.1:{origin[0]}{{chemin}}"
    assert Purger(WebTv(purge_adresse=address, purge_methode="GET")).tell("s", (SEGMENT, "a/gone.m4s")) == ()
    assert Purger(WebTv(purge_adresse=address)).tell("s", (SEGMENT, "x")) == (SEGMENT, "x"), (
        "it does not know PURGE"
    )
    nobody = f"http://127.0.0.1:{free_port()}{{chemin}}"
    assert Purger(WebTv(purge_adresse=nobody)).tell("s", (SEGMENT,)) == (SEGMENT,)
    assert Purger(WebTv(purge_commande=(os.devnull,))).tell("s", (SEGMENT,)) == (SEGMENT,)
    assert Purger(WebTv()).tell("s", (SEGMENT,)) == ()
