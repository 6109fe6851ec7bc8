"""Where a bucket is and how one gets in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """`endpoint` is host[:port]. Without TLS (`secure`), our own sealing still hides the bytes on
    their way. The region is named, so that no request has to ask for it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    secure: bool = True
