"""The pure modules of the pages, called one by one in the browser that runs them."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.system.pages.tools import Visitors

pytestmark = pytest.mark.system
PUBLIC: dict[str, Any] = {
    "ville": {"nom": "V", "organe": "C", "couleur": "#123456", "couleur_texte": "#ffffff"},
    "seance": {
        "id": "s",
        "titre": "T",
        "etat": "en_direct",
        "prevue_utc": None,
        "ouverte_utc": None,
        "terminee_utc": None,
    },
    "antenne": {"en_direct": True, "panneau": None},
    "phrase": "PHRASE",
    "direct": "/direct/index.m3u8",
    "rejeu": None,
    "points": [],
    "renditions": [],
}
NOON = 1_773_316_800
TIMES: tuple[tuple[str, object, object], ...] = (
    ("duration", 65, "1:05"),
    ("duration", 4350.9, "1:12:30"),
    ("duration", -3, "0:00"),
    ("counter", 4350, "01:12:30"),
    ("spoken", 3661, "1 heure 1 minute 1 seconde"),
    ("spoken", 0, "0 seconde"),
    ("left", 2 * 86400 + 3 * 3600 + 60, "2 jours 3 heures"),
    ("left", 59.2, "1 minute"),
    ("left", 0, "un instant"),
    ("sharedTime", "#t=754", 754),
    ("sharedTime", "#t=1h2m3s", 3723),
    ("sharedTime", "#t=2m", 120),
    ("sharedTime", "#t=hier", None),
    ("sharedTime", "", None),
    ("hour", NOON, "13 h 00"),
    ("dateAndHour", NOON, "jeudi 12 mars 2026 à 13 h 00"),
)


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """A page from which the modules are imported; the console's own code does not run in it."""
    page = visitors.page()
    page.goto(visitors.url + "/seances")
    return page


def call(page: Page, module: str, name: str, *arguments: object) -> Any:
    """``name`` of a module, called with these arguments."""
    return page.evaluate(
        "async ([module, name, given]) => (await import(`/static/js/${module}.js`))[name](...given)",
        [module, name, list(arguments)],
    )


def test_times(page: Page) -> None:
    for function, given, said in TIMES:
        assert call(page, "common/time", function, given) == said, (function, given)


def test_situations(page: Page) -> None:
    def describe(now: int = NOON, **changes: Any) -> dict[str, Any]:
        seance = None if changes.get("seance", {}) is None else PUBLIC["seance"] | changes.pop("seance", {})
        said = call(page, "public/words", "describe", PUBLIC | changes | {"seance": seance}, now)
        assert isinstance(said, dict)
        return said

    live = describe()
    assert (live["state"], live["label"], live["action"], live["live"]) == (
        "en_direct",
        "En direct",
        "Regarder le direct",
        True,
    )
    assert describe(seance={"ouverte_utc": NOON})["sentence"] == "Séance ouverte à 13 h 00."
    cut = describe(antenne={"en_direct": False, "panneau": "huis_clos"})
    assert (cut["state"], cut["sentence"], cut["action"]) == ("panneau", "PHRASE", "Regarder")
    coming = describe(seance={"etat": "a_venir", "prevue_utc": NOON + 60}, direct=None)
    assert (coming["countdown"], coming["action"], coming["url"]) == (NOON + 60, "", None)
    assert "va commencer" in describe(seance={"etat": "a_venir", "prevue_utc": NOON - 60})["sentence"]
    assert describe(seance={"etat": "suspendue"})["state"] == "suspendue"
    over = describe(seance={"etat": "terminee", "terminee_utc": NOON}, direct=None)
    assert (over["url"], over["action"], over["sentence"]) == (None, "", "PHRASE")
    replay = describe(
        seance={"etat": "terminee", "ouverte_utc": NOON - 7200, "terminee_utc": NOON},
        rejeu="/media/s/index.m3u8",
    )
    assert (replay["url"], replay["live"], replay["action"]) == (
        "/media/s/index.m3u8",
        False,
        "Revoir la séance",
    )
    assert replay["sentence"] == "Séance du jeudi 12 mars 2026 à 11 h 00, terminée à 13 h 00."
    nothing = describe(seance=None)
    assert (nothing["state"], nothing["url"], nothing["action"]) == ("rien", None, "")


def test_master_playlist(page: Page) -> None:
    master = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
/media/s/son/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2"
360p/index.m3u8

#EXT-X-STREAM-INF:CODECS="avc1.42c01f,mp4a.40.2",BANDWIDTH=2500000,RESOLUTION=1280x720
720p/index.m3u8
"""
    read = call(page, "public/master", "parseMaster", master, "http://ville.test/media/s/index.m3u8")
    assert [(r["id"], r["height"], r["bandwidth"]) for r in read] == [
        ("720p", 720, 2_500_000),
        ("360p", 360, 400_000),
        ("son", 0, 64_000),
    ]
    assert [r["url"] for r in read][::2] == [
        "http://ville.test/media/s/720p/index.m3u8",
        "http://ville.test/media/s/son/index.m3u8",
    ]
    assert [c["id"] for c in call(page, "public/master", "choices", read)] == ["auto", "720p", "360p", "son"]
    assert (
        call(page, "public/master", "parseMaster", "#EXTM3U\n#EXTINF:2,\na.m4s\n", "http://ville.test/") == []
    )


def test_shots(page: Page) -> None:
    sources = [
        {"id": "a", "name": "A", "kind": "rtsp", "state": "live"},
        {"id": "b", "name": "B", "kind": "rtsp", "state": "down"},
        {"id": "c", "name": "C", "kind": "rtsp", "state": "live"},
        {"id": "salle", "name": "Micros", "kind": "son", "state": "live"},
        {"id": "slate.fin", "name": "Fin", "kind": "panneau", "state": "live"},
    ]

    def shot(*ids: str, layout: str = "plein") -> dict[str, object]:
        return {"sources": list(ids), "layout": layout}

    filled = call(page, "console/shots", "withLayout", shot("a"), "quatre", sources)
    assert filled == shot("a", "c", layout="quatre"), (
        "neither a lost source, nor sound, nor a slate fills a seat"
    )
    assert call(page, "console/shots", "withLayout", filled, "plein", sources) == shot("a")
    assert call(page, "console/shots", "withSource", filled, 1, "b") == shot("a", "b", layout="quatre")
    assert call(page, "console/shots", "withSource", filled, 0, "c") == shot("c", "a", layout="quatre"), (
        "they swap"
    )
    assert call(page, "console/shots", "withSource", filled, 3, "c") == filled
    assert (
        call(page, "console/shots", "words", shot("a", "c", layout="pip"), sources) == "A + C (incrustation)"
    )
    assert call(page, "console/shots", "same", shot("a"), {"sources": ["a"]})
    assert not call(page, "console/shots", "same", shot("a"), None)


def test_town_colours_stay_readable(page: Page) -> None:
    assert call(page, "common/colour", "readable", "#1d4e89", "#ffffff") == "#ffffff"
    assert call(page, "common/colour", "readable", "#ffe066", "#ffffff") == "#000000"
    assert call(page, "common/colour", "readable", "#222222", "#333333") == "#ffffff"
    assert call(page, "common/colour", "contrast", "#000000", "#ffffff") == pytest.approx(21)


def test_keys_are_told_in_french(page: Page) -> None:
    assert call(page, "console/keys", "readable", "Ctrl+Digit1") == "Ctrl + 1"
    assert call(page, "console/keys", "readable", "NumpadEnter") == "Entrée du pavé"
    assert call(page, "console/keys", "readable", "Shift+KeyB") == "Shift + B"
    azerty = {"code": "Digit1", "key": "&", "ctrlKey": False, "altKey": False, "shiftKey": False}
    assert call(page, "console/keys", "combination", azerty) == "Digit1"
    assert (
        call(page, "console/keys", "combination", azerty | {"code": "Numpad4", "key": "4", "ctrlKey": True})
        == "Ctrl+Digit4"
    )
    assert call(page, "console/keys", "combination", azerty | {"code": "KeyQ", "key": "a"}) == "KeyA"


def test_people_are_found_without_accents(page: Page) -> None:
    people = [
        {"id": "1", "nom": "Mme Aïssata Diallo", "fonction": "Adjointe à la culture", "groupe": "Majorité"},
        {"id": "2", "nom": "M. Luc d’Argenteuil", "fonction": "Adjoint aux sports", "groupe": ""},
    ]

    def found(typed: str) -> list[str]:
        return [person["id"] for person in call(page, "console/titles", "find", people, typed)]

    assert found("") == ["1", "2"]
    assert found("aiss") == ["1"]
    assert found("argen spo") == ["2"]
    assert found("adjoint") == ["1", "2"]
    assert found("sata") == []


def test_what_a_refusal_holds_back(page: Page) -> None:
    """After an entry that the register refused, what stands on it waits; people who come and go do not, nor what is typed now."""
    found = page.evaluate(
        """async () => {
          const { Waiting } = await import("/static/js/council/waiting.js");
          const waiting = new Waiting("essai");
          const entry = (key, type, late = true) => ({ key, command: { type }, label: key, at_ms: 1, late });
          waiting.add(entry("a", "call_item"));
          waiting.add(entry("b", "leave"));
          waiting.add(entry("c", "open_vote"));
          waiting.add(entry("d", "proclaim", false));
          const keys = () => waiting.toSend.map((one) => one.key).join("");
          const before = keys();
          waiting.contradict("a", { code: "x", message: "X" });
          const held = keys(), unsent = waiting.unsent.length;
          waiting.done("a");
          const after = keys();
          for (const key of "bcd") waiting.done(key);
          return [before, held, unsent, after];
        }"""
    )
    assert found == ["abcd", "bd", 3, "bcd"]


def test_two_pages_of_one_account_keep_their_entries_apart(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { Waiting } = await import("/static/js/council/waiting.js");
          const entry = (key, at_ms) => ({ key, command: { type: "leave" }, label: key, at_ms, late: true, seance: "s" });
          const one = new Waiting("deux"), other = new Waiting("deux"), stranger = new Waiting("deux/autre");
          other.add(entry("b", other.after(20)));
          one.add(entry("a", one.after(10)));
          one.add(entry("c", one.after(5)));
          stranger.add(entry("z", 1));
          one.sending("a");
          const keys = () => new Waiting("deux").entries.map((kept) => kept.key + (kept.sent ? "!" : "")).join(" ");
          const both = keys();
          one.done("a");
          return [both, keys(), one.entries.map((kept) => kept.at_ms)];
        }"""
    )
    assert found == ["a! c b", "c b", [11]]


def test_a_key_that_is_held_and_the_answer_of_one_that_was_redrawn(page: Page) -> None:
    """What was redrawn under the finger does nothing; a refusal is said by what is left of the panel."""
    held = page.evaluate(
        """async () => {
          const { onHold } = await import("/static/js/console/ask.js");
          const fired = [];
          const hold = (name, redrawn) => {
            const key = document.body.appendChild(document.createElement("button"));
            onHold(key, async () => (fired.push(name), { code: "", message: "" }));
            key.dispatchEvent(new PointerEvent("pointerdown", { button: 0 }));
            if (redrawn) key.remove();
          };
          hold("there", false);
          hold("redrawn", true);
          await new Promise((resolve) => setTimeout(resolve, 1100));
          return fired;
        }"""
    )
    assert held == ["there"]
    said = page.evaluate(
        """async () => {
          const { ask } = await import("/static/js/console/ask.js");
          document.body.innerHTML = "<main data-refusals><p data-refusals><button>Proclamer</button></p></main>";
          const key = document.querySelector("button");
          await ask(key, async () => {
            document.querySelector("p").remove();
            return { code: "x", message: "Refusé." };
          });
          return document.querySelector("main > .refusal").textContent;
        }"""
    )
    assert said == "Refusé."


def test_what_is_drawn_anew_keeps_the_focus_and_the_caret(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { redraw } = await import("/static/js/common/dom.js");
          const root = document.body.appendChild(document.createElement("div"));
          const field = (value) => Object.assign(document.createElement("input"), { id: "motif", type: "text", value });
          root.replaceChildren(field("abc"));
          const first = document.getElementById("motif");
          first.focus();
          first.setSelectionRange(2, 2);
          const kept = redraw(root, () => root.replaceChildren(field("abc")));
          const caret = document.getElementById("motif").selectionStart;
          const gone = redraw(root, () => root.replaceChildren());
          return [kept, caret, gone];
        }"""
    )
    assert found == [True, 2, False]


def test_a_request_for_a_ballot_is_foreseen_and_taken_back(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { forecast } = await import("/static/js/council/forecast.js");
          const seat = (id) => ({ id, etat: "present", vote: true, suppleant_de: "" });
          const known = {
            conseil: ["a", "b", "c", "d", "e"].map(seat), pouvoirs: [], courants: ["1"], gestes: {}, quorum: { noms: [] },
            points: [{
              id: "1", etat: "debat", deports: [{ siege: "e", enregistre: true }],
              scrutin_public: { demandeurs: [], requis: 0 },
            }],
          };
          const typed = (type, person) => {
            const command = { type, item: "1", mode: "public", person, requesters: [person] };
            return { command, at_ms: 1 };
          };
          const after = (...entries) => {
            const asked = forecast(known, entries).points[0].scrutin_public;
            const { demandeurs, requis, accorde } = asked;
            return [demandeurs.join(""), requis, accorde];
          };
          const ask = typed("request_ballot", "a"), back = typed("withdraw_request", "a");
          const lift = { command: { type: "lift_recusal", item: "1", seat: "e" }, at_ms: 1 };
          return [after(ask, ask), after(ask, back), after(lift, ask)];
        }"""
    )
    assert found == [["a", 1, True], ["", 1, False], ["a", 2, False]]


def test_what_waits_of_one_roll_call_is_not_said_in_the_next(page: Page) -> None:
    found = page.evaluate(
        """async () => {
          const { pending } = await import("/static/js/auxiliaire/vote.js");
          const entry = (type, ...ballots) => ({ command: { type, ballots } });
          const first = entry("cast_ballots", { seat: "e1", choice: "contre" }), again = { seat: "e1", choice: "pour" };
          const sense = (...entries) => pending(entries, "e1") ?? "";
          return [
            sense(first), sense(first, entry("cast_ballots", again)), sense(first, entry("close_vote"), entry("open_vote")),
            sense(first, entry("open_vote"), entry("cast_ballots", again)), sense(),
          ];
        }"""
    )
    assert found == ["contre", "pour", "", "pour", ""]
