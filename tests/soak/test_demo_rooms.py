"""`regie demo --rooms` for some minutes: a community council of three rooms holds a lawful séance, one room is lost in the middle
and regained, and the register says so."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from regie.demo_rooms import LOST_AFTER_S, LOST_FOR_S, LOST_ROOM
from tests.system.peers import free_port, wait_for

pytestmark = [pytest.mark.soak, pytest.mark.timeout(LOST_AFTER_S + LOST_FOR_S + 240)]


def test_a_lawful_seance_of_three_rooms_with_one_lost_and_regained(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "regie",
        "demo",
        "--rooms",
        "--port",
        str(port),
        "--data",
        str(tmp_path / "data"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    while "Ctrl-C stops" not in said:
        line = process.stdout.readline()
        assert line, "it does not start"
        said += line
    account = re.search(r"^ +(president) +(\S.*)$", said, re.MULTILINE)
    assert account is not None
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        client.post("/api/v1/session", json={"nom": account[1], "mot_de_passe": account[2]})

        def register() -> dict[str, Any]:
            told: dict[str, Any] = client.get("/api/v1/registre").json()["registre"] or {}
            return told

        def link() -> str:
            return next(
                (room["liaison"] for room in register().get("salles", []) if room["id"] == LOST_ROOM), ""
            )

        def on_air() -> bool:
            return bool((client.get("/api/v1/etat").json()["moteur"] or {}).get("antenna", {}).get("on"))

        wait_for(lambda: register().get("phase") == "ouverte" and on_air(), 90, "open, and on air")
        opened = register()
        assert sum(room["ouverte"] and room["testee"] and room["public"] for room in opened["salles"]) == 3
        present = opened["quorum"]["compare"]
        began = time.monotonic()
        wait_for(lambda: link() == "perdue", LOST_AFTER_S + 30, "the room is lost")
        print(f"lost after {time.monotonic() - began:.0f} s")
        wait_for(lambda: register()["conseils"], 10, "the register says what it asks for")
        wait_for(lambda: register()["phase"] == "suspendue", LOST_FOR_S + 10, "the president suspends")
        wait_for(lambda: not on_air(), 10, "and the antenna with him")
        wait_for(lambda: link() in ("revenue", "etablie"), 40, "the room is back")
        wait_for(lambda: register()["phase"] == "ouverte" and link() == "etablie", 40, "called, and resumed")
        wait_for(on_air, 20, "on air again")
        assert register()["quorum"]["compare"] == present, "nobody was lost"
        lines = [line["phrase"] for line in client.get("/api/v1/registre/journal").json()["lignes"]]
        print("\n".join(lines[-12:]))
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
    journal = next((tmp_path / "data" / "seances").glob("*/registre.sqlite"))
    verify = [sys.executable, "-m", "regie", "journal", "verify", str(journal)]
    assert subprocess.run(verify, check=False).returncode == 0
