"""A password is one that every reader of PDFs understands alike, or it is refused in words."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pdf_passwords import PasswordInvalid, check_password


@pytest.mark.parametrize(
    "text",
    [
        "12345678",
        "correct horse battery staple",
        " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ",
        "Grüße aus Łódź",
        "пароль длинный",
        "密码密码密码密码",
        "סיסמה ארוכה",
        "x" * 127,
        "é" * 63,
    ],
)
def test_what_every_reader_takes_as_it_is_is_a_password(text: str) -> None:
    assert check_password(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least 8 characters"),
        ("1234567", "at least 8 characters"),
        ("x" * 128, "at most 127 bytes"),
        ("é" * 64, "at most 127 bytes"),
        ("password\x00", "control characters"),
        ("password\n", "control characters"),
        ("password\x7f", "control characters"),
        ("password\u0085", "control characters"),
        ("password\u202e", "control characters"),
        ("password\ue000", "private use"),
        ("password\ufdd0", "private use"),
        ("password\ud800", "private use"),
        ("password😀", "newer than Unicode 3.2"),
        ("cafe\u0301 long", "replace"),
        ("ＰＡＳＳＷＯＲＤ", "replace"),
        ("ﬁrst pass", "replace"),
        ("pass\u00a0word", "replace"),
        ("pass\u00adword", "replace"),
        ("סיסמה ארוכה 1", "right to left"),
        ("סיסמה long סיסמה", "right to left"),
        ("\ufdfa" * 8, "replace"),
    ],
)
def test_another_one_is_refused_and_not_quoted(text: str, why: str) -> None:
    with pytest.raises(PasswordInvalid, match=why) as refused:
        check_password(text)
    assert not text or text not in str(refused.value)


@given(st.text())
def test_a_password_fits_into_what_readers_take(text: str) -> None:
    with suppress(PasswordInvalid):
        assert 8 <= len(check_password(text).encode()) <= 127
