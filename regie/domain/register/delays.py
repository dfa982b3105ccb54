"""Days that the law counts.

« Jours francs »: neither the day of the sending nor that of the séance counts; week-ends and holidays do.

Every figure is a whole number of days between dates of the town's calendar (Europe/Paris, see :func:`paris`).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from regie.domain.register.regimes import Body

SECOND_CLEAR_DAYS = 3
URGENT_CLEAR_DAYS = 1
SMALL_TOWN = 3_500
"""Under this population a commune convenes at three clear days (L.2121-11)."""
LIST_DAYS = 7
MINUTES_DAYS = 7
MINUTES_WARNING_DAYS = 5
COPIES_DAYS = 30


def paris(utc_ms: int) -> datetime:
    """What the town's clock showed at an instant (UTC milliseconds): no zone, it is only to be read.

    Summer time by the European rule: from the last Sunday of March to the last of October, 01:00 UTC (directive 2000/84/CE).
    """
    instant = datetime.fromtimestamp(utc_ms / 1000, UTC)
    summer = _last_sunday(instant.year, 3) <= instant < _last_sunday(instant.year, 10)
    return (instant + timedelta(hours=2 if summer else 1)).replace(tzinfo=None)


def paris_day(utc_ms: int) -> date:
    """The date in Paris of an instant (UTC milliseconds)."""
    return paris(utc_ms).date()


def utc_ms_in_paris(day: date, hour: int, minute: int) -> int:
    """The instant when the town's clock shows that hour (UTC milliseconds); the first of two in autumn."""
    shown = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
    summer_ms = round((shown - timedelta(hours=2)).timestamp() * 1000)
    in_summer = paris(summer_ms) == shown.replace(tzinfo=None)
    return summer_ms if in_summer else summer_ms + 3_600_000


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def clear_days(sent: date, session: date) -> int:
    """Clear days between a sending and a séance; negative when both are on one day."""
    return (session - sent).days - 1


def latest_sending(session: date, clear: int) -> date:
    """The last day on which a convocation may leave."""
    return session - timedelta(days=clear + 1)


def earliest_session(sent: date, clear: int = SECOND_CLEAR_DAYS) -> date:
    """The first day on which a séance convened on ``sent`` may be held (QU7 by default)."""
    return sent + timedelta(days=clear + 1)


def required_clear_days(body: Body, *, installation: bool = False) -> tuple[int, str]:
    """Clear days that the body owes its members, urgency apart, and the rule that says so (CV1, CV2, CV3, CV5)."""
    if body.is_intercommunal:
        return 5, "CV2"
    if installation:
        return 3, "CV5"
    return (3, "CV3") if body.population < SMALL_TOWN else (5, "CV1")


def minutes_deadline(adopted: date) -> date:
    """Last day to publish minutes adopted on that day (PV4)."""
    return adopted + timedelta(days=MINUTES_DAYS)


def minutes_are_late(adopted: date, today: date) -> bool:
    """Is it time to warn that minutes are not published (PV4)?"""
    return (today - adopted).days >= MINUTES_WARNING_DAYS


def list_deadline(session: date) -> date:
    """Last day to publish the list of deliberations (PV6)."""
    return session + timedelta(days=LIST_DAYS)


def copies_deadline(session: date) -> date:
    """Last day to send list and minutes to councillors outside the community (CV10)."""
    return session + timedelta(days=COPIES_DAYS)


def quarter(day: date) -> tuple[int, int]:
    """Year and quarter, 1 to 4."""
    return day.year, (day.month - 1) // 3 + 1


def semester(day: date) -> tuple[int, int]:
    """Year and semester, 1 or 2."""
    return day.year, (day.month - 1) // 6 + 1


def quarter_is_empty(held_or_planned: Iterable[date], today: date) -> bool:
    """Has the current quarter no séance yet (CV11)?"""
    return quarter(today) not in {quarter(day) for day in held_or_planned}


def needs_one_place(session: date, others: Iterable[tuple[date, bool]]) -> bool:
    """Must this séance be held in one place, being the last of a semester that has none (CV11)?

    ``others``: the body's other séances, held or planned, each with « in several places ».
    """
    same = [(day, several) for day, several in others if semester(day) == semester(session)]
    one_place_exists = any(not several for _, several in same)
    is_last = all(day < session for day, _ in same)
    return is_last and not one_place_exists
