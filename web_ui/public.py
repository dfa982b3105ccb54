"""What anybody may know: the state of the séance in words, past séances, and where to watch them. No cookie is read or set."""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response

from config.schema import Replay
from regie.board import EngineStatus
from regie.documents.hidden import listed, validated
from regie.domain.model import SeanceState, SlateName
from regie.journal import JournalError
from web_ui.agenda import ItemInfo, Timelines, items_info, speaker_at
