"""The wheel: everything it needs is in it, and it runs from an environment that never saw the sources."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
DATA = (
    "config/*.toml",
    "config/*.service",
    "regie/media/fonts/*",
    "web_ui/templates/*",
    "web_ui/static/**/*",
)
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "node_modules", "build", "dist", "var", "*.egg-info", "__pycache__", "tests"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves its work in the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "sources", ignore=_LEFT_OUT)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(folder / "sources")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel: Path) -> Path:
    """An environment with the wheel and our dependencies, without the sources."""
    place = wheel.parent / "environment"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=60)
    inside = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
    )
    # A plain path, so that the editable install's own .pth over there is not obeyed.
    (Path(inside.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_pages_samples_and_fonts_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for pattern in DATA
        for path in ROOT.glob(pattern)
        if path.is_file() and path.suffix not in (".pyc", ".ts")
    }
    assert len(wanted) > 20
    assert sorted(wanted - inside) == []
    assert not [
        name for name in inside if name.startswith(("tests/", "benchmarks/")) or "node_modules" in name
    ]


def test_it_runs_from_its_own_files(bin_folder: Path, tmp_path: Path) -> None:
    where = "import config, regie, web_ui, hardware_mocks as h; print(*(m.__file__ for m in (config, regie, web_ui, h)), sep='\\n')"
    done = subprocess.run(
        [bin_folder / "python", "-c", where],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert all(line.startswith(str(bin_folder.parent)) for line in done.stdout.splitlines())
    asked = subprocess.run(
        [bin_folder / "regie", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert asked.stdout.startswith("regie ")


def test_the_demonstration_runs_from_any_folder_and_ends_by_itself(bin_folder: Path, tmp_path: Path) -> None:
    command = [str(bin_folder / "regie"), "demo", "--port", "0", "--for", "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "Citizens   http://127.0.0.1:" in done.stdout
    assert "RTMP       rtmp://127.0.0.1:" in done.stdout
    assert not list(tmp_path.iterdir()), "it leaves nothing where it was started"
