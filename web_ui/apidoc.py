"""The description of the API: OpenAPI for programs, one page for people. Nothing of it comes from the network.

Summaries are in French; the types are those that really decode the requests.
"""

import html
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from regie.cameras.commands import CameraCommand
from regie.cameras.news import BookView, CamerasStatus, Panorama
from regie.directing.news import DirectorCommand, DirectorNews
from regie.domain.commands import SeanceCommand
from web_ui import pages
from web_ui.agenda import MomentInfo
from web_ui.api import MonitorAnswer, MonitorOffer, WholeState
from web_ui.auth import COOKIE, CSRF_HEADER, Allow, Identity, LogIn, NewPassword
from web_ui.bodies import SCHEMA_REF, Nothing, reply
from web_ui.cameras import BookFile, Exported
from web_ui.directing_api import MicrophoneSaid, SpeakingInfo
from web_ui.documents_api import DocumentsInfo, ItemChange, RecipientsAsked, StepAsked
from web_ui.errors import ErrorBody
from web_ui.metrics import Health
from web_ui.notes_api import NoteAsked, NotesInfo
from web_ui.people import AccountInfo, FirstPassword, NewAccount
from web_ui.pieces_api import PiecesInfo
from web_ui.preparation_api import Convened, PreparationInfo, ProofsAsked, ProofsInfo
from web_ui.public import PublicState, SeanceInfo
from web_ui.readiness_api import AntennaAsked, ReadinessInfo
from web_ui.recordings import RecordingFile
from web_ui.register_answers import RuleInfo
from web_ui.register_api import Entered, EntryAsked, Lines, Whole
from web_ui.retention_api import RetentionInfo, VisaAsked
from web_ui.review_api import Begun, Passage, Review
from web_ui.rights import OperatorCommand, Right
from web_ui.salles import Act, Entrance, Invited, RoomCard, Rooms
from web_ui.secrecy_api import PublicMask, Reopening, SecrecyInfo, Why
from web_ui.whip import EncoderKey, Follower, ScreenLink

_TYPES: tuple[Any, ...] = (
    OperatorCommand,
    SeanceCommand,
    WholeState,
    MonitorOffer,
    MonitorAnswer,
    LogIn,
    NewPassword,
    Identity,
    Nothing,
    ErrorBody,
    Health,
    PublicState,
    SeanceInfo,
    RecordingFile,
    AccountInfo,
    NewAccount,
    FirstPassword,
    SecrecyInfo,
    PublicMask,
    Why,
    Reopening,
    Review,
    Passage,
    Begun,
    Whole,
    EntryAsked,
    Entered,
    MomentInfo,
    ReadinessInfo,
    AntennaAsked,
    Lines,
    RuleInfo,
    CameraCommand,
    CamerasStatus,
    BookView,
    Panorama,
    BookFile,
    Exported,
    Entrance,
    ScreenLink,
    EncoderKey,
    Follower,
    RoomCard,
    Rooms,
    Invited,
    Act,
    DirectorCommand,
    DirectorNews,
    MicrophoneSaid,
    SpeakingInfo,
    StepAsked,
    DocumentsInfo,
    NoteAsked,
    NotesInfo,
    ItemChange,
    RecipientsAsked,
    RetentionInfo,
    VisaAsked,
    PreparationInfo,
    Convened,
    ProofsInfo,
    ProofsAsked,
    PiecesInfo,
)
_METHODS = ("get", "post", "put", "delete")


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    document = get_openapi(title="Régie", version=app.version, routes=app.routes)
    _, components = msgspec.json.schema_components(_TYPES, ref_template=SCHEMA_REF)
    document["components"] = {
        "schemas": components,
        "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            _finish(operation)
    return document


def _finish(operation: dict[str, Any]) -> None:
    # The docstring is for who reads the code; the French summary says it to who calls the API.
    operation.pop("description", None)
    operation["responses"].pop("422", None)
    schema = {"$ref": SCHEMA_REF.format(name="ErrorBody")}
    operation["responses"]["default"] = {
        "description": "Refus, avec un code stable et une phrase",
        "content": {"application/json": {"schema": schema}},
    }


def _type_name(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{html.escape(name)}">{html.escape(name)}</a>'
    if "anyOf" in schema:
        return " ou ".join(_type_name(option) for option in schema["anyOf"])
    if "prefixItems" in schema:
        return "liste de " + " puis ".join(map(_type_name, schema["prefixItems"]))
    if schema.get("type") == "array":
        return "liste de " + _type_name(schema.get("items", {}))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " ou ".join(f"<code>{html.escape(str(value))}</code>" for value in values)
    return html.escape(str(schema.get("type", "valeur")))


def _content(part: dict[str, Any]) -> str:
    return _type_name(part.get("content", {}).get("application/json", {}).get("schema", {}))


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    lines = [
        f"<h3><code>{method.upper()} {html.escape(path)}</code></h3>",
        f"<p>{html.escape(operation['summary'])}.</p>",
    ]
    if "requestBody" in operation:
        lines.append(f"<p>Corps : {_content(operation['requestBody'])}</p>")
    lines.append(f"<p>Réponse : {_content(operation['responses'].get('200', {}))}</p>")
    return f"<section>{''.join(lines)}</section>"


def _component(name: str, schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        return f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3><p>{_type_name(schema)}</p>'
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><th scope='row'><code>{html.escape(field)}</code></th><td>{_type_name(kind)}</td>"
        f"<td>{'oui' if field in required else 'non'}</td></tr>"
        for field, kind in schema["properties"].items()
    )
    head = "<thead><tr><th scope='col'>Champ</th><th scope='col'>Type</th><th scope='col'>Exigé</th></tr></thead>"
    return f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3><table>{head}<tbody>{rows}</tbody></table>'


def page_of(document: dict[str, Any], frame: str) -> str:
    """The page: ``frame`` is the template, with a place for the operations and one for the types."""
    operations = "".join(
        _operation(path, method, operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if method in _METHODS
    )
    types = "".join(
        _component(name, schema) for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        frame.replace("{{ entete }}", CSRF_HEADER)
        .replace("{{ routes }}", operations)
        .replace("{{ types }}", types)
    )


router = APIRouter(include_in_schema=False, dependencies=[Depends(Allow(Right.PUBLIC))])


def _document_of(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document


Document = Annotated[dict[str, Any], Depends(_document_of)]


@router.get("/api/openapi.json")
async def openapi(document: Document) -> Response:
    """The OpenAPI document."""
    return reply(document)


@router.get("/api/docs")
def docs(document: Document) -> Response:
    """The same for people."""
    frame = (pages.TEMPLATES / "api.html").read_text(encoding="utf-8")
    return Response(page_of(document, frame), media_type="text/html; charset=utf-8")
