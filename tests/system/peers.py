"""Servers and readers that are not ours: nginx as an RTMP server (with TLS in front), ffprobe, ffmpeg.

Each server lives in a directory of the test, on loopback ports found free, and can be killed, stopped, resumed and started again on
the same port.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODULES = Path("/usr/lib/nginx/modules")
READY_S = 10.0


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until it holds; the seconds it took. Fails with ``what`` when it does not in time."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - start


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Does somebody accept connections there?"""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def self_signed(directory: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate for ``name`` and its key, that vouch for themselves."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return certificate, key


class Nginx:
    """nginx with the RTMP module: application ``live`` keeps what it gets as FLV files; ``tls`` adds RTMPS on another port.

    State: running, stopped (SIGSTOP), dead.
    """

    def __init__(self, directory: Path, *, tls: bool = False, record: bool = True) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.tls_port = free_port() if tls else 0
        self.certificate: Path | None = None
        self._record = record
        self._process: subprocess.Popen[bytes] | None = None
        (directory / "flv").mkdir(exist_ok=True)
        if tls:
            self.certificate, self._key = self_signed(directory)
        (directory / "nginx.conf").write_text(self._configuration(), encoding="utf-8")

    def _configuration(self) -> str:
        record = f"record all; record_path {self.directory}/flv; record_unique on;" if self._record else ""
        modules = [MODULES / "ngx_rtmp_module.so"] + (
            [MODULES / "ngx_stream_module.so"] if self.tls_port else []
        )
        stream = (
            f"stream {{ server {{ listen 127.0.0.1:{self.tls_port} ssl; proxy_pass 127.0.0.1:{self.port};"
            f" ssl_certificate {self.certificate}; ssl_certificate_key {self._key}; }} }}"
            if self.tls_port
            else ""
        )
        return f"""
{"".join(f"load_module {module};" for module in modules)}
daemon off; master_process off; worker_processes 1;
error_log {self.directory}/error.log info; pid {self.directory}/nginx.pid;
events {{ worker_connections 256; }}
rtmp {{ server {{ listen 127.0.0.1:{self.port}; application live {{ live on; {record} }} }} }}
{stream}
"""

    def start(self) -> None:
        """Start, or start again; returns once it listens."""
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(self.directory), "-c", "nginx.conf"]
        with (self.directory / "stderr.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-e", str(self.directory / "error.log")], stdout=log, stderr=log
            )
        wait_for(lambda: is_listening(self.port), READY_S, "nginx listens")
        if self.tls_port:
            wait_for(lambda: is_listening(self.tls_port), READY_S, "nginx listens for TLS")

    def address(self, *, tls: bool = False) -> str:
        """Where to publish, without the key."""
        return f"rtmps://localhost:{self.tls_port}/live" if tls else f"rtmp://127.0.0.1:{self.port}/live"

    def recordings(self) -> list[Path]:
        """What it got, a file a publication, oldest first."""
        return sorted((self.directory / "flv").glob("*.flv"), key=lambda p: p.stat().st_mtime_ns)

    def received(self) -> int:
        """Bytes it has kept so far."""
        return sum(path.stat().st_size for path in self.recordings())

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP makes it deaf, SIGCONT wakes it."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Properly, files closed; harmless when it is dead."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
        self._process.wait(10)
        self._process = None


def probe(path: Path | str, *entries: str) -> dict[str, Any]:
    """ffprobe's JSON of a file or an address: streams and format, or the entries asked for."""
    wanted = ["-show_entries", ":".join(entries)] if entries else ["-show_streams", "-show_format"]
    done = subprocess.run(
        ["ffprobe", "-v", "error", *wanted, "-of", "json", str(path)],
        capture_output=True,
        timeout=40,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def packet_times(path: Path | str, kind: str) -> list[float]:
    """Presentation times of the packets of the first ``v`` or ``a`` stream, as ffprobe gives them."""
    packets = probe(path, "packet=pts_time,stream_index", "stream=codec_type")["packets"]
    streams = probe(path, "stream=index,codec_type")["streams"]
    index = next(
        s["index"] for s in streams if s["codec_type"].startswith({"v": "video", "a": "audio"}[kind])
    )
    return [float(p["pts_time"]) for p in packets if p["stream_index"] == index]


def packet_hashes(path: Path | str) -> list[str]:
    """A digest of each packet of the first video stream, in file order."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_data_hash", "md5"]
    command += ["-show_entries", "packet=data_hash", "-of", "csv=p=0", str(path)]
    done = subprocess.run(command, capture_output=True, timeout=40, check=True)
    return done.stdout.decode().split()


def full_decode_errors(path: Path | str) -> list[str]:
    """Every line that ffmpeg has to say, warnings included, while it decodes all of it."""
    done = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "warning", "-threads", "1", "-i", str(path), "-map", "0", "-f", "null", os.devnull],
        capture_output=True, timeout=50, check=False,
    )  # fmt: skip
    lines = done.stderr.decode(errors="replace").splitlines()
    return [re.sub(r"0x[0-9a-f]+", "", line) for line in lines] + (
        [f"exit {done.returncode}"] if done.returncode else []
    )
