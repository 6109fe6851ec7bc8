"""Timestamps and instants rewritten column-wise: everything down to the hour is worked out once an
hour that occurs, and a value only adds its minutes to that.

What has no place in the calendar of the years 1 to 9999 (infinity, years BC and beyond) has no
form other than the source's, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial

from processors.renderers.copy_text import TAB
from processors.renderers.moment_forms import Form
from processors.renderers.values import Cells, Writer

Odd = Callable[[bytes], bytes]
"""Writes one value that can't be rewritten."""


def timestamp_writer(form: Form, odd: Odd) -> Writer:
    """Writes timestamps without time zone. The column must be free of nulls."""
    return _moment_writer(form, None, b"", odd)


def instant_writer(form: Form, zone: tzinfo, odd: Odd) -> Writer:
    """Writes instants, which the source gives in UTC (`+00`), as the zone's clocks showed them.
    The column must be free of nulls."""
    return _moment_writer(form, zone, b"+00", odd)


def date_writer(form: Form, odd: Odd) -> Writer:
    """Writes dates, each distinct one worked out once. The column must be free of nulls."""
    days = _Days(form, odd)
    return lambda column: list(map(days.__getitem__, column))


def ordinary(column: Cells, suffix: bytes) -> bool:
    """Whether all values are moments of years of four digits."""
    skeleton = (TAB + TAB.join(column) + TAB).translate(_ZEROS)
    return (
        skeleton.count(b"\t0000-00-00 00:00:00") == len(column)
        and (not suffix or skeleton.count(b"+00\t") == len(column))
        and not skeleton.translate(None, b"0-: .+\t" if suffix else b"0-: .\t")
    )


_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_KEPT = 50_000
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def _moment_writer(form: Form, zone: tzinfo | None, suffix: bytes, odd: Odd) -> Writer:
    hours = _Hours(form, zone, odd)
    pick = form.pick

    def write(column: Cells) -> Cells:
        if not ordinary(column, suffix):
            return [one(cell) if ordinary([cell], suffix) else odd(cell) for cell in column]
        templates = [hours[cell[:13]] for cell in column]
        if hours.plain:
            return [template % pick(cell) for template, cell in zip(templates, column, strict=True)]
        return list(map(one, column))

    def one(cell: bytes) -> bytes:
        hour = hours[cell[:13]]
        return hour % pick(cell) if isinstance(hour, bytes) else hour(cell)

    return write


class _Hours(dict[bytes, bytes | Odd]):
    """By the source's hour (`2013-01-01 05`): mostly a template, to which a value adds its minutes;
    for the others a function. `plain` as long as there were none of those."""

    def __init__(self, form: Form, zone: tzinfo | None, odd: Odd) -> None:
        super().__init__()
        self.plain = True
        self._form = form
        self._zone = zone
        self._odd = odd
        self._offsets = None if zone is None else Offsets(zone)

    def __missing__(self, hour: bytes) -> bytes | Odd:
        if len(self) >= _KEPT:
            self.clear()
        self[hour] = entry = self._entry(hour)
        self.plain = self.plain and isinstance(entry, bytes)
        return entry

    def _entry(self, hour: bytes) -> bytes | Odd:
        try:
            start = datetime.fromisoformat(hour.decode())
            if self._offsets is None:
                return self._form.template(start)
            return self._zoned(start, self._offsets)
        except ValueError:  # no such day
            return self._odd
        except OverflowError:  # an hour at an end of the calendar, not all of which it has
            return self._by_the_second

    def _zoned(self, start: datetime, offsets: Offsets) -> bytes | Odd:
        offset = offsets.of_day(start.date())
        if offset is None:
            offset = offsets.steady(start, _HOUR)
        if offset is None or offset % _MINUTE:
            return self._by_the_second
        local = start + offset
        template = self._form.template(local, offset)
        if not local.minute:
            return template
        return partial(
            self._shifted, local.minute, template, self._form.template(local + _HOUR, offset)
        )

    def _shifted(self, shift: int, template: bytes, next_template: bytes, cell: bytes) -> bytes:
        hour, minute = divmod(int(cell[14:16]) + shift, 60)
        there = b"%b%02d%b" % (cell[:14], minute, cell[16:])
        return self._form.fill(next_template if hour else template, there)

    def _by_the_second(self, cell: bytes) -> bytes:
        try:
            local = self._local(datetime.fromisoformat(cell[:19].decode()))
        except (ValueError, OverflowError):  # no such time, or not in the calendar over there
            return self._odd(cell)
        there = local.isoformat(" ")[:19].encode() + cell[19:]
        return self._form.fill(self._form.template(local, local.utcoffset()), there)

    def _local(self, utc: datetime) -> datetime:
        return utc.replace(tzinfo=UTC).astimezone(self._zone)


class Offsets:
    """How far a zone's clocks are ahead of UTC."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._days: dict[date, timedelta | None] = {}

    def of_day(self, day: date) -> timedelta | None:
        """All the day, which is one of UTC; None if it changes in it, or the calendar ends."""
        if day not in self._days:
            if len(self._days) >= _KEPT:
                self._days.clear()
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - in UTC
            self._days[day] = self.steady(midnight, 24 * _HOUR)
        return self._days[day]

    def steady(self, start: datetime, span: timedelta) -> timedelta | None:
        """All the span; None if it changes in it, or the calendar ends."""
        try:
            offsets = {self._at(start + span * part / 4) for part in range(4)}
            offsets.add(self._at(start + span - _SECOND))
        except OverflowError:
            return None
        return offsets.pop() if len(offsets) == 1 else None

    def _at(self, utc: datetime) -> timedelta | None:
        return utc.replace(tzinfo=UTC).astimezone(self._zone).utcoffset()


class _Days(dict[bytes, bytes]):
    """Dates that were written already."""

    def __init__(self, form: Form, odd: Odd) -> None:
        super().__init__()
        self._form = form
        self._odd = odd

    def __missing__(self, day: bytes) -> bytes:
        if len(self) >= _KEPT:
            self.clear()
        self[day] = written = self._written(day)
        return written

    def _written(self, day: bytes) -> bytes:
        try:
            return self._form.template(date.fromisoformat(day.decode("ascii"))) % ()
        except ValueError:
            return self._odd(day)
