"""Checks a file against its waybill with nothing but the two files: no server, no network.

Nothing here trusts its input: either file may be hostile, so they are read in bounded pieces, and
what a waybill claims is checked for its shape before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from infra.claims import (
    Claims,
    Envelope,
    Part,
    Place,
    WaybillUnreadable,
    read_claims,
    read_envelope,
)
from infra.file_digests import ContentBroken, FileMeasured, measure_content, measure_file
from infra.signing import ALGORITHM, fingerprint, key_id, signed_bytes

_NAMED = 10  # differences that are listed one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`ok` is None when the check couldn't be decided; `detail` is for people."""

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """No check failed. Whose signature it is stays open unless a key was pinned."""
        return all(check.ok is not False for check in self.checks)


def verify(file: Place, waybill: Place, trusted_key: bytes | None = None) -> Verdict:
    """`trusted_key` is the raw public key that the signature must be of. Never raises for what the
    files hold: what can't be read is a failed check."""
    try:
        envelope = read_envelope(waybill)
        claims = read_claims(envelope.document)
    except (WaybillUnreadable, OSError) as error:
        return Verdict(checks=(_failed("waybill", f"{waybill} can't be read as one: {error}"),))
    said = (_signature(envelope), _key(envelope, claims, trusted_key), _rows(claims))
    try:
        return Verdict(checks=(*said, *_file(file, claims)))
    except OSError as error:
        return Verdict(checks=(*said, _failed("file", f"{file} can't be read: {error.strerror}")))


def _signature(envelope: Envelope) -> Check:
    if envelope.algorithm != ALGORITHM:
        return _failed("signature", f"{envelope.algorithm} is not a known algorithm")
    try:
        key = Ed25519PublicKey.from_public_bytes(envelope.public_key)
        key.verify(envelope.signature, signed_bytes(envelope.document))
    except InvalidSignature:
        return _failed("signature", "the waybill was changed after it was signed")
    except (ValueError, RecursionError) as error:
        return _failed("signature", f"it can't be checked: {error}")
    return _passed("signature", f"{ALGORITHM} by the key {key_id(envelope.public_key)}")


def _key(envelope: Envelope, claims: Claims, trusted: bytes | None) -> Check:
    public = envelope.public_key
    named = {envelope.key_id, claims.signing_key}
    if named != {key_id(public)}:
        return _failed("key", "the key's id in the waybill is not that of the key beside it")
    if trusted is None:
        return Check(
            name="key",
            ok=None,
            detail=f"not pinned: fingerprint {fingerprint(public)}; compare it with your server's",
        )
    if trusted != public:
        return _failed("key", f"signed by {key_id(public)}, not by the pinned {key_id(trusted)}")
    return _passed("key", f"signed by the pinned key {key_id(public)}")


def _rows(claims: Claims) -> Check:
    written, rejected = claims.written, claims.rejected
    counts = f"{claims.matched} matched, {written} written, {rejected} rejected"
    if (claims.rows_in_parts, claims.rejected_in_parts) != (written, rejected):
        return _failed("rows", f"{counts}, but the chunks add up to other numbers")
    missing = claims.wanted - written - rejected
    if claims.completeness != ("truncated" if missing > 0 else "complete") or missing < 0:
        return _failed("rows", f"{counts}, but the file is called {claims.completeness}")
    return _passed("rows", f"{counts}, {claims.completeness}")


def _file(path: Place, claims: Claims) -> list[Check]:
    measured = measure_file(path, claims.parts)
    return [
        _size(claims, measured),
        _digest(claims, measured),
        _parts(claims, measured),
        _content(path, claims, measured),
    ]


def _size(claims: Claims, measured: FileMeasured) -> Check:
    if measured.size == claims.size:
        return _passed("size", f"{measured.size} bytes")
    return _failed("size", f"{measured.size} bytes instead of {claims.size}")


def _digest(claims: Claims, measured: FileMeasured) -> Check:
    if measured.sha256 == claims.sha256:
        return _passed("digest", f"SHA-256 {measured.sha256}")
    return _failed("digest", f"SHA-256 {measured.sha256} instead of {claims.sha256}")


def _parts(claims: Claims, measured: FileMeasured) -> Check:
    said = sum(part.size for part in claims.parts)
    found = [
        *_listed("differs", measured.differing),
        *_listed("is cut off or missing", measured.missing),
    ]
    if measured.size > said:
        found.append(f"{measured.size - said} bytes too many from byte {said} on")
    if found:
        return _failed("parts", "; ".join(found))
    return _passed("parts", f"all {len(claims.parts)} parts as rendered")


def _listed(what: str, parts: tuple[Part, ...]) -> list[str]:
    named = [f"{part.where} {what}" for part in parts[:_NAMED]]
    more = len(parts) - _NAMED
    return [*named, f"and {more} more parts"] if more > 0 else named


def _content(path: Place, claims: Claims, measured: FileMeasured) -> Check:
    size, sha256 = measured.size, measured.sha256
    if claims.compression != "none":
        try:
            content = measure_content(path, claims.compression, claims.content_size)
        except ContentBroken as error:
            return _failed("content", f"it doesn't decompress ({error})")
        size, sha256 = content.size, content.sha256
    if size > claims.content_size:
        return _failed("content", f"longer than {claims.content_size} bytes")
    if (size, sha256) != (claims.content_size, claims.content_sha256):
        return _failed("content", f"{size} bytes, SHA-256 {sha256}: not what was rendered")
    return _passed("content", f"{size} bytes, SHA-256 {sha256}")


def _passed(name: str, detail: str) -> Check:
    return Check(name=name, ok=True, detail=detail)


def _failed(name: str, detail: str) -> Check:
    return Check(name=name, ok=False, detail=detail)
