"""Séances whose documents the tests read: a commune's evening with everything in it, an EPCI in three rooms, a missing quorum.

``python -m tests.unit.documents_rig`` writes the golden files again.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from regie.documents.catalogue import planned
from regie.documents.dossier import Dossier, ItemFile, Recipient, Town
from regie.documents.paper import (
    Block,
    Document,
    Figure,
    Heading,
    Listing,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    words,
)
from regie.documents.produce import MANIFEST, Format, papers, produce
from regie.documents.record import Record, record_of
from regie.documents.replay import Replay, Stretch
from regie.documents.sitting import view
from regie.documents.templates import Templates
from regie.domain.register import commands as cmd
from regie.domain.register.agenda import ItemType
from regie.domain.register.convocation import Channel, Posting, Proof
from regie.domain.register.presence import Cause
from regie.domain.register.rounds import Candidate, Round
from regie.domain.register.votes import Ballot, Choice, Mode
from tests.unit.council import EPCI, START_MS, Council, ballots, convene, convocation, counts, item, rooms

GOLDEN = Path(__file__).parents[1] / "golden" / "documents"
SIRET = "21860194600013"
TOWN = Town(
    name="Ville d'Ingeville",
    address="1 place de la Mairie, 86000 Ingeville",
    siret=SIRET,
    prefecture="PREF086",
    site="https://webtv.ingeville.example",
    dpo="dpo@ingeville.example",
)


@cache
def evening() -> Council:
    """A commune of 33: quarter and third, casting vote, secret ballot, recusal, appointment, closed doors, late arrival."""
    council = Council(
        convene(
            33,
            [
                item(
                    "budget",
                    title="Subvention à l'association « Les *Amis* | du livre »",
                    rapporteur="e4",
                    report="rapport n° 12",
                ),
                item(
                    "ecole",
                    title="Rénovation de l'école Jules-Ferry",
                    rapporteur="e5",
                    report="rapport n° 13",
                ),
                item("voeu", title="Vœu sur les transports", rapporteur="e6", report="rapport n° 14"),
                item(
                    "agent",
                    title="Protocole transactionnel avec M. Untel",
                    sensitive=True,
                    report="rapport n° 15",
                ),
                item(
                    "delegue",
                    ItemType.OUTSIDE_BODIES,
                    title="Désignation au syndicat des eaux",
                    report="rapport n° 16",
                ),
                item("info", ItemType.INFORMATION, title="Rapport d'activité du syndicat"),
            ],
        )
    )
    sent = START_MS - 12 * 86_400_000
    council.do(
        cmd.ProveConvocation(
            proofs=tuple(
                Proof(
                    councillor=f"e{rank}",
                    channel=Channel.PAPER if rank > 30 else Channel.ELECTRONIC,
                    at_utc_ms=sent,
                )
                for rank in range(1, 33)
            ),
            postings=(Posting(place="siege", at_utc_ms=sent, agent="accueil"),),
        )
    )
    for giver in range(25, 31):
        council.proxy(giver, giver - 20)
    council.open(20)
    council.call("pv")
    council.vote()
    council.call("budget")
    council.wait(300)
    council.do(cmd.Recuse(item="budget", seat="e8"))
    council.vote(named=ballots(e9=Choice.AGAINST, e10=Choice.ABSTAINS))
    council.call("ecole")
    for speaker, seconds in (("e5", 120), ("e9", 90), ("e5", 30)):
        council.do(cmd.GiveFloor(person=speaker))
        council.wait(seconds)
    council.do(cmd.TakeFloor())
    council.wait(300)
    council.do(cmd.RequestBallot(item="ecole", mode=Mode.PUBLIC, requesters=("e2", "e3", "e4", "e5", "e6")))
    council.do(cmd.OpenVote())
    senses = (Choice.FOR, Choice.FOR, Choice.AGAINST)
    council.do(
        cmd.CloseVote(
            ballots=tuple(
                Ballot(voice.seat, senses[rank % 3])
                for rank, voice in enumerate(council.last_vote("ecole").voices)
            )
        )
    )
    council.do(cmd.Proclaim())
    council.do(cmd.Arrive(person="e30", room="hall"))
    council.call("voeu")
    council.wait(240)
    council.vote(counts(13, 13, 0), president=Choice.AGAINST)
    council.do(cmd.SuspendSitting())
    council.wait(600)
    council.do(cmd.ResumeSitting())
    council.do(cmd.AskClosedDoors(requesters=("e2", "e3", "e4"), reason="situation personnelle d'un agent"))
    council.do(cmd.DecideClosedDoors(tally=counts(20, 2, 4)))
    council.do(cmd.ConfirmPublicOut(room="hall"))
    council.call("agent")
    council.wait(420)
    council.do(
        cmd.RequestBallot(item="agent", mode=Mode.SECRET, requesters=tuple(f"e{n}" for n in range(2, 9)))
    )
    council.vote(counts(15, 8, 0, blancs=2, nuls=1))
    council.do(cmd.ReopenDoors())
    council.do(cmd.Leave(person="e7", cause=Cause.FREE))
    council.call("delegue")
    council.do(
        cmd.CallCandidates(
            item="delegue", candidates=(Candidate("a", "Mme Aubert"), Candidate("b", "M. Blanc"))
        )
    )
    voices = 25 - 1
    council.do(
        cmd.HoldRound(item="delegue", round=Round(number=1, counts=(("a", 15), ("b", 7)), blanks=voices - 22))
    )
    council.do(cmd.ProclaimAppointment(item="delegue"))
    council.call("info")
    council.do(cmd.NoteItem(item="info"))
    council.do(cmd.CloseSitting())
    return council


def evening_dossier() -> Dossier:
    """What the secretary wrote about it: whole."""
    said = "La rapporteure présente le rapport.\n\n- Une élue demande des précisions.\n- Il lui est répondu."
    files = {
        name: ItemFile(
            matter=matter,
            debates=said,
            visas="Vu le code général des collectivités territoriales,",
            text="Article 1er : la proposition est approuvée.\n\nArticle 2 : le maire est chargé de l'exécution.",
            documents=("plan.pdf", "devis.pdf") if name == "ecole" else (),
            received=date(2026, 3, 16),
        )
        for name, matter in {
            "budget": "7.5",
            "ecole": "8.1",
            "voeu": "9.4",
            "agent": "1.5",
            "delegue": "5.3",
            "info": "",
            "pv": "5.2",
        }.items()
    }
    return Dossier(town=TOWN, items=files, before=41)


@cache
def evening_record() -> Record:
    """With its video."""
    council = evening()
    record = record_of(council.told, "2026-03-12", "Conseil municipal du 12 mars")
    video = Replay((Stretch((record.register.opened_ms or 0) - 60_000, 0.0, 7200.0),))
    return msgspec.structs.replace(record, replay=video, entries=120, digest="ab" * 32)


@cache
def remote_record() -> Record:
    """An EPCI in three rooms: one is lost during the séance."""
    council = Council(
        convene(
            15,
            [item("a", report="r"), item("b", report="r")],
            body=EPCI,
            rooms=rooms("siege", "nord", "sud"),
            call=convocation(
                several_places=True,
                says_remote=True,
                place="Siège et salles désignées",
                other_sessions=((date(2026, 2, 5), False),),
            ),
        )
    )
    for name in ("siege", "nord", "sud"):
        council.do(cmd.OpenRoom(room=name))
        council.do(cmd.AttestRoom(room=name, passed=True))
        council.do(cmd.AdmitPublic(room=name))
    council.do(cmd.ReportStream(up=True))
    council.come(1, 2, 3, 4, room="siege")
    council.come(5, 6, 7, 8, room="nord")
    council.come(9, 10, 11, 12, room="sud")
    council.open()
    council.call("a")
    council.do(cmd.OpenDebate())
    council.wait(60)
    council.do(cmd.ReportLinkLost(room="sud", since_ms=council.now - 5_000))
    council.do(cmd.SuspendSitting())
    council.wait(120)
    council.do(cmd.ReportLinkBack(room="sud"))
    council.do(cmd.CallRoomRoll(room="sud", present=("e9", "e10", "e11", "e12")))
    council.do(cmd.ResumeSitting())
    council.do(cmd.OpenVote())
    council.do(cmd.CloseVote(ballots=tuple(Ballot(f"e{n}", Choice.FOR) for n in range(1, 13))))
    council.do(cmd.Proclaim())
    council.do(cmd.CloseSitting())
    return record_of(council.told, "2026-03-12", "Conseil communautaire")


def remote_dossier() -> Dossier:
    """Its file, barely begun."""
    recipient = Recipient(name="M. Petit", commune="Petiville", address="mairie@petiville.example")
    return Dossier(
        town=msgspec.structs.replace(TOWN, name="", organ="Conseil communautaire"), recipients=(recipient,)
    )


def failed_record() -> Record:
    """Twelve of thirty-three: the president notes that the quorum is missing."""
    council = Council(convene(33))
    council.proxy(20, 2, names_second_session=True)
    council.proxy(21, 3)
    council.come(*range(1, 13))
    council.do(cmd.DeclareNoQuorum())
    return record_of(council.told, "2026-03-12", "Conseil municipal")


def texts(record: Record, dossier: Dossier) -> dict[str, str]:
    """The plain text of every document, by name."""
    return {plan.name: text_of(document) for plan, document in papers(record, dossier, Templates())}


def text_of(document: Document) -> str:
    """A document in plain text, a block a paragraph."""
    head = [f"{document.letterhead.name} | {document.letterhead.organ}", document.mark]
    blocks = (_block(block) for block in document.blocks)
    return "\n\n".join([*filter(None, head), document.title, document.subtitle, *blocks]) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {words(block.line)}"
        case Paragraph():
            return f"{'> ' if block.boxed else ''}{words(block.line)}"
        case Listing():
            return "\n".join(f"- {words(entry)}" for entry in block.entries)
        case Table():
            return "\n".join(" | ".join(map(words, row)) for row in (block.header, *block.rows))
        case Signatures():
            return "\n".join(f"[ {place} ]" for place in block.places)
        case Figure():
            return f"[figure {block.name}: {block.text}]"
        case PageBreak():
            return "----"


def values() -> dict[str, object]:
    """What a template of the evening is given."""
    record, dossier = evening_record(), evening_dossier()
    plans = planned(record, dossier, view(record, dossier))
    return dict(next(plan.values for plan in plans if plan.template == "feuillet"))


SEANCES: dict[str, tuple[Callable[[], Record], Callable[[], Dossier]]] = {
    "commune": (evening_record, evening_dossier),
    "epci": (remote_record, remote_dossier),
    "quorum": (failed_record, lambda: Dossier(town=TOWN)),
}


def golden() -> dict[str, str]:
    """Every golden file that should be, by its name."""
    return {
        f"{seance}/{name}.txt": text
        for seance, (record, dossier) in SEANCES.items()
        for name, text in texts(record(), dossier()).items()
    }


def golden_data() -> dict[str, bytes]:
    """Every golden table and value that should be, by its name: what a spreadsheet and other software read."""
    found: dict[str, bytes] = {}
    for seance, (record, dossier) in SEANCES.items():
        with TemporaryDirectory() as out:
            produce(record(), dossier(), Templates(), Path(out), (Format.CSV, Format.JSON, Format.SCDL))
            files = (file for file in Path(out).iterdir() if file.name != MANIFEST)
            found |= {f"{seance}/{file.name}": file.read_bytes() for file in files}
    return found


if __name__ == "__main__":
    for name, data in (golden_data() | {name: text.encode() for name, text in golden().items()}).items():
        file = GOLDEN / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
