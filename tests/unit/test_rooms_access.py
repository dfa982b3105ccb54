"""Invitations that serve once, keys that last an evening."""

import pytest

from regie.errors import Refusal
from regie.rooms.access import (
    CODE_MS,
    KEY_MS,
    LINK_MS,
    MAX_PASSIVE,
    MAX_SCREENS,
    MAX_WRONG_CODES,
    Book,
    Use,
    forget,
    grant,
    guessed_wrong,
    invite,
    invite_person,
    pass_of,
    persons,
    redeem,
    remove_person,
    turn_credentials,
)

pytestmark = pytest.mark.unit


def room_of(book: Book, key: str, now_ms: int) -> str | None:
    found = pass_of(book, key, now_ms)
    return found.room if found is not None else None


def refused(book: Book, secret: str, now_ms: int) -> str:
    with pytest.raises(Refusal) as refusal:
        redeem(book, secret, now_ms)
    return refusal.value.stable_code


def test_a_link_or_its_code_serves_once_and_not_both() -> None:
    book, invitation = invite(Book(), "b", 0)
    after, given, key = redeem(book, invitation.code, 1000)
    assert given.room == "b" and room_of(after, key, 1000) == "b"
    assert refused(after, invitation.code, 1000) == "invitation_inconnue"
    assert refused(after, invitation.token, 1000) == "invitation_inconnue"


def test_nothing_that_is_kept_lets_in() -> None:
    book, invitation = invite(Book(), "b", 0)
    after, _, key = redeem(book, invitation.token, 0)
    for secret in (invitation.token, invitation.code, key):
        assert secret not in repr(book) + repr(after)


def test_invitations_and_keys_die() -> None:
    book, invitation = invite(Book(), "b", 0)
    assert refused(book, invitation.code, CODE_MS) == "invitation_inconnue"
    assert refused(book, invitation.token, LINK_MS) == "invitation_inconnue"
    after, _, key = redeem(book, invitation.token, LINK_MS - 1)
    assert room_of(after, key, LINK_MS + KEY_MS - 2) == "b"
    assert room_of(after, key, LINK_MS + KEY_MS - 1) is None


def test_inviting_again_voids_what_was_not_used_and_who_joins_last_is_the_room() -> None:
    book, first = invite(Book(), "b", 0)
    book, second = invite(book, "b", 1)
    assert refused(book, first.token, 2) == "invitation_inconnue"
    book, _, key = redeem(book, second.token, 2)
    book, third = invite(book, "b", 3)
    assert room_of(book, key, 4) == "b", "the room stays in while it is invited again"
    book, _, other = redeem(book, third.code, 4)
    assert (room_of(book, key, 5), room_of(book, other, 5)) == (None, "b")
    assert room_of(forget(book, "b"), other, 5) is None


def test_rooms_do_not_disturb_each_other() -> None:
    book, b = invite(Book(), "b", 0)
    book, c = invite(book, "c", 0)
    book, _, key_b = redeem(book, b.token, 1)
    book, _, key_c = redeem(book, c.code, 1)
    assert (room_of(book, key_b, 2), room_of(book, key_c, 2)) == ("b", "c")


def test_guessing_codes_voids_them_all_but_no_link() -> None:
    book, invitation = invite(Book(), "b", 0)
    for _ in range(MAX_WRONG_CODES):
        book = guessed_wrong(book)
    assert refused(book, invitation.code, 1) == "invitation_inconnue"
    assert redeem(book, invitation.token, 1)[1].room == "b"


def test_turn_credentials_are_those_of_coturn() -> None:
    # user "1700028800:b", secret "north": printf '%s' USER | openssl dgst -sha1 -hmac north -binary | base64
    user, password = turn_credentials("north", "b", 1_700_000_000)
    assert user == "1700028800:b"
    assert len(password) == 28 and turn_credentials("south", "b", 1_700_000_000)[1] != password


def test_keys_of_screens_and_encoders_open_that_and_no_more() -> None:
    book, first = grant(Book(), "b", Use.ENCODER, 0)
    book, second = grant(book, "b", Use.ENCODER, 1)
    assert room_of(book, first, 2) is None, "an encoder that is set up again takes the place of the other"
    screens = []
    for _ in range(MAX_SCREENS + 1):
        book, key = grant(book, "b", Use.SCREEN, 2)
        screens.append(key)
    found = [pass_of(book, key, 3) for key in (*screens, second)]
    assert [one.use if one else None for one in found] == [None, *[Use.SCREEN] * MAX_SCREENS, Use.ENCODER]
    book, invitation = invite(book, "b", 4)
    book, _, _ = redeem(book, invitation.token, 5)
    assert not any(pass_of(book, key, 6) for key in (*screens, second)), "who joins last is the room"
    assert pass_of(grant(Book(), "b", Use.SCREEN, 0)[0], screens[0], KEY_MS) is None


def test_who_follows_has_a_link_in_his_own_name_that_is_replaced_withdrawn_and_bounded() -> None:
    book, first = invite_person(Book(), "b", "  Mme  Interprète ", 0)
    found = pass_of(book, first, 1)
    assert found is not None and (found.room, found.use, found.person) == ("b", Use.PASSIVE, "Mme Interprète")
    book, second = invite_person(book, "b", "Mme Interprète", 2)
    assert pass_of(book, first, 3) is None and persons(book, "b", 3) == ("Mme Interprète",)
    # The room joins anew: who follows it goes on.
    book, invitation = invite(book, "b", 3)
    book, _, _ = redeem(book, invitation.code, 4)
    assert pass_of(book, second, 5) is not None and persons(book, "c", 5) == ()
    for n in range(1, MAX_PASSIVE):
        book, _ = invite_person(book, "b", f"n{n}", 5)
    for name, code in (("un de trop", "participants_complets"), ("  ", "participant_sans_nom")):
        with pytest.raises(Refusal) as refusal:
            invite_person(book, "b", name, 5)
        assert refusal.value.stable_code == code
    book = remove_person(book, "b", "Mme Interprète")
    assert pass_of(book, second, 6) is None and len(persons(book, "b", 6)) == MAX_PASSIVE - 1
    assert persons(book, "b", KEY_MS + 6) == ()
