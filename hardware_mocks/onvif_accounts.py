"""Who asks an ONVIF camera: the signature in the envelope, or HTTP's digest. Written out from WS-Security UsernameToken Profile 1.0
and RFC 7616."""

import base64
import hashlib
import re
import xml.etree.ElementTree as Xml
from datetime import datetime

FRESH_S = 5.0
REALM, NONCE = "camera", "5f2c1e"
CHALLENGE = f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}", qop="auth"\r\n'


def fields_of(head: str) -> dict[str, str]:
    """The header fields of a request, by their names in small letters."""
    pairs = (line.partition(":") for line in head.split("\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in pairs if name}


def digested(authorization: str, user: str, password: str) -> bool:
    """Is it MD5(MD5(user:realm:password):nonce:nc:cnonce:auth:MD5(POST:uri))?"""
    found = re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', authorization)
    said = {key: quoted or plain for key, quoted, plain in found}
    who, what = _md5(f"{user}:{REALM}:{password}"), _md5(f"POST:{said.get('uri', '')}")
    middle = ":".join((NONCE, said.get("nc", ""), said.get("cnonce", ""), "auth"))
    return said.get("username") == user and said.get("response") == _md5(f"{who}:{middle}:{what}")


def signed(envelope: Xml.Element, user: str, password: str, now: datetime) -> bool:
    """Is its digest Base64(SHA-1(nonce + created + password)), and its date fresh?"""
    parts = (part for part in envelope.iter() if "wssecurity" in part.tag)
    said = {part.tag.rpartition("}")[2]: part.text or "" for part in parts}
    try:
        nonce, created = base64.b64decode(said["Nonce"]), said["Created"]
        dated = datetime.fromisoformat(created)
        given = (said["Username"], said["Password"])
    except (KeyError, ValueError):
        return False
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    return given == (user, digest) and abs((now - dated).total_seconds()) <= FRESH_S


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
