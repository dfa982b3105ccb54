"""The demonstration's platform: nginx with its RTMP module, where it is installed. A program that is not ours gets the push."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY = "demonstration"
"""Not a secret: the server is this machine's, and ends with the demonstration."""
PACKAGES = "nginx libnginx-mod-rtmp"
_BINARIES = ("nginx", "/usr/sbin/nginx")
_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_rtmp_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_rtmp_module.so"),
)


def command(folder: Path, port: int) -> tuple[str, ...] | None:
    """How to run it in the foreground, its files in ``folder``; None where nginx or its module is missing. Raises OSError."""
    binary = next((found for name in _BINARIES if (found := shutil.which(name))), None)
    module = next((file for file in _MODULES if file.is_file()), None)
    if binary is None or module is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(_configuration(folder, module, port), encoding="utf-8")
    return binary, "-p", str(folder), "-c", "nginx.conf", "-e", str(folder / "error.log")


def _configuration(folder: Path, module: Path, port: int) -> str:
    return (
        f'load_module "{module}";\n'
        "daemon off; master_process off; worker_processes 1;\n"
        f'error_log "{folder}/error.log" warn; pid "{folder}/nginx.pid";\n'
        "events { worker_connections 64; }\n"
        f"rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}\n"
    )


def address(port: int) -> str:
    """Where the séance is pushed, without the key."""
    return f"rtmp://127.0.0.1:{port}/live"


def destination(folder: Path, port: int) -> Mapping[str, Any]:
    """The table of the configuration; its key is written in ``folder``. Raises OSError."""
    file = folder / "cle-rtmp"
    file.write_text(KEY, encoding="utf-8")
    file.chmod(0o600)
    return {
        "id": "plateforme",
        "nom": "Plateforme (nginx)",
        "adresse": address(port),
        "cle_fichier": str(file),
    }
