"""Datasets, keys and the service itself as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from domain.access import Scope
from domain.datasets import FieldType


class DatasetView(BaseModel):
    id: str
    label: str
    description: str
    version: str = Field(description="SHA-256 of the definition.")


class FieldView(BaseModel):
    """`pii` is the category of personal data that the field holds, null for none. `mask` is what
    its values go through: in a preview that was asked for, of a dataset what an export does unless
    it chooses. With `mask_required` it may only choose `null` or a `constant` instead, and no
    filter or order may use the field."""

    name: str
    label: str
    type: FieldType
    pii: str | None
    mask: dict[str, Any] | None = None
    mask_required: bool = False


class RelationView(BaseModel):
    """`on` maps fields of this dataset to the other's. Fields of a relation to one can be asked
    for as `relation.field`; they are among the dataset's `fields`. Either kind can be asked for as
    a nested value with any of these `fields`, and with the other dataset's own relations in it."""

    name: str
    dataset: str
    many: bool
    on: dict[str, str]
    fields: list[FieldView]


class DatasetDetail(DatasetView):
    key: list[str]
    fields: list[FieldView]
    relations: list[RelationView]


class DatasetList(BaseModel):
    items: list[DatasetView]


class PreviewView(BaseModel):
    """The first rows. Numbers beyond 2^53 and decimals are strings, so that nothing is lost."""

    fields: list[FieldView]
    rows: list[list[Any]]


class CountView(BaseModel):
    rows: int
    exact: bool


class KeyView(BaseModel):
    id: UUID
    label: str
    principal: UUID
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None = Field(description="To the minute.")


class NewKeyView(KeyView):
    secret: str = Field(description="Shown this once: only its hash is kept.")


class KeyList(BaseModel):
    items: list[KeyView]


class MeView(BaseModel):
    """Who the key belongs to. `actor` is the reference that events name."""

    workspace: str
    actor: UUID
    key: KeyView


class SigningKeyView(BaseModel):
    """The public key that waybills are signed with: pin it, or its fingerprint."""

    key_id: str
    algorithm: str
    public_key: str = Field(description="The 32 raw bytes in base64.")
    fingerprint: str = Field(description="SHA-256 of the raw bytes, in hex.")


class PartView(BaseModel):
    ok: bool
    detail: str


class ReadyView(BaseModel):
    ready: bool
    parts: dict[str, PartView]


class LiveView(BaseModel):
    live: bool


class ProblemView(BaseModel):
    """RFC 9457. `type` names the kind of problem for ever; `errors` say where to mend what."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FaultView] = []


class FaultView(BaseModel):
    pointer: str = Field(description="A JSON pointer into the body, or a parameter's name.")
    detail: str


class ProblemTypeView(BaseModel):
    type: str
    status: int
    title: str
    advice: str


class ProblemTypeList(BaseModel):
    items: list[ProblemTypeView]
