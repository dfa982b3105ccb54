"""Lists of a séance: what is read, what is wrong and where, what the law says before anything is sent."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regie.__main__ import main
from regie.documents.catalogue import remaining
from regie.documents.dossier import Dossier
from regie.documents.sheets import taken_over
from regie.documents.sitting import view
from regie.domain.register.agenda import Base, ItemType, Qualified
from regie.domain.register.regimes import BodyKind, RegimeId
from regie.domain.register.roster import Interest, OrganisationKind
from regie.preparation.agenda import read_agenda
from regie.preparation.plan import Plan, plan, sorted_tables
from regie.preparation.tables import MAX_BYTES, Table, Unreadable, read_tables
from tests.unit import documents_rig
from tests.unit.spreadsheets import Grid, ods, xlsx

pytestmark = pytest.mark.unit
SAMPLES = Path(__file__).parents[2] / "web_ui" / "static" / "listes"
COUNCIL: Grid = [
    ["Nom", "Fonction", "Groupe", "Né(e) le", "Début mandat"],
    ["Mme Hélène Aubert", "Maire", "Majorité", date(1970, 3, 1), date(2026, 3, 28)],
    ["M. Karim Belkacem", "1er adjoint", "Majorité", "", "28/03/2026"],
    ["Mme Claire Diallo", "", "Opposition", "", "2026-03-28"],
]
POINTS: Grid = [
    ["Titre", "Type", "Rapporteur"],
    ["Arrêt du procès-verbal", "PV", ""],
    ["Voirie", "", "karim belkacem"],
]
MEETING: Grid = [
    ["cle", "valeur"],
    ["collectivite", "Valmont"],
    ["nature", "commune"],
    ["habitants", 4200],
    ["date", date(2026, 6, 25)],
    ["heure", "18h30"],
    ["lieu", "Mairie"],
    ["fondement", "mairie"],
    ["envoi", date(2026, 6, 18)],
]


def csv_of(grid: Grid, delimiter: str = ";") -> bytes:
    return "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in grid).encode()


def tables_of(**sheets: Grid) -> dict[str, Table]:
    found = [table for name, grid in sheets.items() for table in read_tables(f"{name}.csv", csv_of(grid))]
    return sorted_tables(found)[0]


def planned(elus: Grid = COUNCIL, points: Grid = POINTS, seance: Grid = MEETING, **more: Grid) -> Plan:
    return plan(tables_of(elus=elus, points=points, seance=seance, **more))


def with_settings(**changes: str | int | date) -> Grid:
    kept = [row for row in MEETING if str(row[0]) not in changes]
    return [*kept, *([key, value] for key, value in changes.items())]


def blocked(made: Plan) -> set[str]:
    return {finding.rule for finding in made.law if finding.blocks}


def told(made: Plan) -> list[str]:
    return [str(fault) for fault in made.faults]


def test_the_sample_lists_convene_a_council() -> None:
    found = [
        table
        for name in ("elus", "points", "seance")
        for table in read_tables(f"{name}.csv", (SAMPLES / f"{name}.csv").read_bytes())
    ]
    tables, unknown = sorted_tables(found)
    made = plan(tables)
    assert (unknown, told(made), made.ready) == ((), [], True)
    assert made.convene is not None and made.timing is not None and made.regime is RegimeId.CM
    roster = made.convene.roster
    assert (roster.head, roster.deputies) == ("helene-aubert", ("karim-belkacem", "claire-diallo"))
    diallo = roster.find("claire-diallo")
    assert diallo is not None and diallo.interests == (Interest("Les Amis du livre"),)
    belkacem = roster.find("karim-belkacem")
    assert belkacem is not None
    assert belkacem.interests == (Interest("Syndicat des eaux", OrganisationKind.PUBLIC, designated=True),)
    grant = made.convene.agenda[2]
    assert (grant.type, grant.rapporteur, grant.beneficiary) == (
        ItemType.AWARD,
        "claire-diallo",
        "Les Amis du livre",
    )
    assert made.convene.agenda[4].sensitive
    assert (made.timing.clear, made.timing.needed, made.timing.latest) == (6, 5, "2026-06-19")


@pytest.mark.parametrize("write", [ods, xlsx])
def test_a_workbook_says_what_the_csv_files_say(write: Callable[[dict[str, Grid]], bytes]) -> None:
    name = f"seance.{write.__name__}"
    book = write({"Élus": COUNCIL, "Ordre du jour": POINTS, "Séance": MEETING, "Notes": [["rien"], ["x"]]})
    tables, unknown = sorted_tables(read_tables(name, book))
    assert [fault.sheet for fault in unknown] == ["notes"]
    assert plan(tables).convene == planned().convene


def test_excel_of_windows_and_commas_are_read() -> None:
    (table,) = read_tables("elus.csv", csv_of(COUNCIL, ",").decode().encode("cp1252"))
    assert table.rows[0].cells["nom"] == "Mme Hélène Aubert"
    assert "ne_e_le" in table.columns


def test_every_fault_is_told_at_once_with_its_line() -> None:
    elus: Grid = [
        ["Nom", "Fonction", "Né le", "Suppléant de", "Débyt mandat", "Intérêts"],
        ["Mme A", "maire", "31/02/1970", "", "", ""],
        ["", "", "", "", "", "x (inconnu)"],
        ["M. B", "président", "", "Mme Z", "", ""],
        ["M. B", "", "", "", "", ""],
    ]
    points: Grid = [
        ["Titre", "Type", "Matière", "Majorité", "Sensible"],
        ["Avenant de M. Untel", "budjet", "7.11", "2/3", "peut-être"],
    ]
    made = planned(elus, points)
    assert made.convene is None
    assert told(made) == [
        "elus, colonne « Débyt mandat » : colonne inconnue, laissée de côté : est-ce « debut_mandat » ?",
        "elus, ligne 2, colonne « Né le » : « 31/02/1970 » n'est pas une date (attendu : 31/12/2026)",
        "elus, ligne 3, colonne « Nom » : à remplir",
        "elus, ligne 3, colonne « Intérêts » : « x (inconnu) » : attendu « organisme (association, société, public ou désigné) »",
        "elus, ligne 4, colonne « Nom » : « b » est là plusieurs fois",
        "elus, ligne 5, colonne « Nom » : « b » est là plusieurs fois",
        "elus, ligne 4, colonne « Suppléant de » : « Mme Z » n'est pas dans la liste",
        "elus, ligne 4, colonne « Fonction » : il faut un maire ou un président, et un seul",
        "points, ligne 2, colonne « Sensible » : « peut-être » : attendu « oui » ou « non »",
        "points, ligne 2, colonne « Titre » : une personne semble nommée : "
        "marquer le point « nominatif » ou « sensible » ? (P6, CNIL)",
        "points, ligne 2, colonne « Type » : « budjet » n'est pas connu : est-ce « budget » ?",
        "points, ligne 2, colonne « Majorité » : « 2/3 » : attendu « 2/3 exprimés », « 3/5 présents » ou « 1/2 en exercice »",
        "points, ligne 2, colonne « Matière » : « 7.11 » n'est pas dans la nomenclature ACTES (attendu : 7.5)",
        "points, colonne « rapport » : sans rapport (point 1) : le procès-verbal devra le nommer (L.2121-15, PV2)",
    ]


def test_what_is_missing_is_told() -> None:
    assert told(plan({})) == [
        "elus : la liste des élus manque encore",
        "points : l'ordre du jour manque encore",
        "seance : la séance manque encore",
    ]
    assert "seance, colonne « Habitants » : à remplir : le délai de convocation en dépend" in told(
        planned(seance=with_settings(habitants=""))
    )


def test_a_semicolon_without_quotes_is_told() -> None:
    (table,) = read_tables("points.csv", b"titre;type\nVoirie;;trop\n")
    assert table.rows[0].too_long
    made = plan({"points": table})
    assert (
        "points, ligne 2 : plus de cellules que de colonnes : un point-virgule à mettre entre guillemets ?"
        in told(made)
    )


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"envoi": "19/06/2026"}, set()),
        ({"envoi": "20/06/2026"}, {"CV1"}),
        ({"envoi": "20/06/2026", "habitants": 3499}, set()),
        ({"envoi": "23/06/2026", "urgence": "oui"}, {"CV4"}),  # the urgency has to be the first item
        ({"fondement": ""}, {"HC0"}),
        ({"note": "non"}, {"CV1"}),
        ({"plusieurs_lieux": "oui"}, {"TC12"}),
        ({"nature": "epci", "envoi": "20/06/2026"}, {"CV2"}),
        ({"nature": "epci", "plusieurs_lieux": "oui"}, {"TC6", "CV11"}),
    ],
)
def test_the_law_is_told_before_anything_is_sent(
    changes: dict[str, str | int | date], rules: set[str]
) -> None:
    made = planned(seance=with_settings(**changes))
    assert blocked(made) == rules
    assert made.ready == (not rules)


def test_a_forbidden_item_in_several_places_cannot_be_convened() -> None:
    points: Grid = [*POINTS, ["Budget 2027", "budget primitif", ""], ["Délégué", "désignation", ""]]
    made = planned(
        points=points,
        seance=with_settings(
            nature="communauté de communes",
            plusieurs_lieux="oui",
            reglement="RI 12",
            controle_identite="appel",
            conservation="24 mois",
            autres_seances="05/02/2026 ; 12/04/2026 (visio)",
        ),
    )
    assert blocked(made) == {"TC8"}
    assert [one.subject for one in made.law if one.rule == "TC8"] == ["Budget 2027", "Délégué"]
    assert made.convene is not None and made.convene.body.kind is BodyKind.EPCI
    assert made.convene.convocation.other_sessions == ((date(2026, 2, 5), False), (date(2026, 4, 12), True))
    assert not made.ready


def test_majorities_and_substitutes() -> None:
    elus: Grid = [
        ["Nom", "Fonction", "Suppléant de", "Rang"],
        ["Mme A", "Présidente", "", 1],
        ["M. B", "vice-président", "", 2],
        ["M. C", "", "M. B", ""],
    ]
    points: Grid = [
        ["Titre", "Majorité", "Type", "Rapport"],
        ["PV", "", "pv", ""],
        ["X", "2/3 des suffrages exprimés", "", "n° 1"],
        ["Y", "1/2 en exercice", "", "n° 2"],
    ]
    made = planned(elus, points)
    assert told(made) == [] and made.convene is not None
    substitute = made.convene.roster.find("c")
    assert substitute is not None and substitute.substitute_of == "b"
    assert made.convene.agenda[1].qualified == Qualified(Base.EXPRESSED, 2, 3)
    assert made.convene.agenda[2].qualified == Qualified(Base.IN_OFFICE, 1, 2)


def test_microphones_unknown_to_the_configuration_are_remarks() -> None:
    elus: Grid = [
        ["Nom", "Fonction", "Micro", "Siège"],
        ["Mme A", "maire", "m1", "p1"],
        ["M. B", "", "m9", "p9"],
    ]
    made = plan(
        tables_of(elus=elus, points=POINTS[:2], seance=MEETING), desks={"micro": ("m1",), "siege": ("p1",)}
    )
    assert told(made) == [
        "elus, colonne « micro » : micro « m9 » inconnu de la configuration",
        "elus, colonne « siege » : siège « p9 » inconnu de la configuration",
    ]
    assert made.ready


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("liste.pdf", b"%PDF", "CSV"),
        ("liste.xlsx", b"not a zip", "abîmé"),
        ("liste.ods", ods({"a": [["x"]]})[:200], "abîmé"),
        ("liste.csv", b'a;b\n"x;y\n', "guillemet"),
        ("liste.csv", b"x" * (MAX_BYTES + 1), "Mo"),
    ],
)
def test_a_file_that_is_not_a_list_is_refused_in_french(name: str, data: bytes, word: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_tables(name, data)
    assert word in refused.value.message


@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.xlsx", "a.ods"]))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    try:
        tables, _ = sorted_tables(read_tables(name, data))
    except Unreadable:
        return
    plan(tables)


@given(st.lists(st.lists(st.text(max_size=8), max_size=6), max_size=5))
def test_no_cells_break_the_plan(cells: list[list[str]]) -> None:
    titles = ["nom", "fonction", "interets", "ne_le", "rang", "fin_mandat"]
    agenda = ["titre", "type", "majorite", "matiere", "sensible", "rapporteur"]
    rows: Grid = [[cell.replace('"', "") for cell in row] for row in cells]
    plan(tables_of(elus=[[*titles], *rows], points=[[*agenda], *rows], seance=[["cle", "valeur"], *rows]))


def test_the_command_line_tells_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = [str(SAMPLES / f"{name}.csv") for name in ("elus", "points", "seance")]
    assert main(["prepare", *lists, "--out", str(tmp_path)]) == 0
    assert {file.name for file in tmp_path.iterdir()} == {"convocation.pdf", "convocation.odt"}
    assert "6 jours francs pour 5" in capsys.readouterr().out
    assert main(["prepare", lists[0]]) == 1
    assert "l'ordre du jour manque encore" in capsys.readouterr().out


def test_the_agenda_of_a_second_convocation_is_read_as_it_was_written() -> None:
    record = documents_rig.failed_record()
    sheet = taken_over(remaining(record, view(record, Dossier())))
    (table,) = read_tables("points.csv", sheet.csv())
    read = read_agenda(table, record.register.roster.councillors)
    assert not any(fault.blocks for fault in read.faults)
    assert [(one.title, one.type, one.returned) for one in read.items] == [
        (item.agenda.title, item.agenda.type, True) for item in record.register.items
    ]
