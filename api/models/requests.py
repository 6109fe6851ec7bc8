"""What clients ask for. The shape is checked here, the meaning by the domain's own rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
)

from api.bodies import Body
from domain.access import Scope
from domain.nesting import MAX_NESTED, MOST_ORDERS
from domain.pdf_passwords import LEAST, MOST, check_password
from domain.priority import Priority
from domain.rows import MAX_LIMIT
from domain.sheets import MOST_SHEETS

MOST_FIELDS = 2_000
MOST_FORMATS = 8
LONGEST_TICKET = 86_400
"""Seconds that a download link may last: a day."""

Label = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


MaskChoice = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"$ref": "#/components/schemas/Mask"}, {"type": "null"}]}),
]


NestedFields = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "null"},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MAX_NESTED,
                    "items": {
                        "anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/FieldChoice"}]
                    },
                },
            ]
        }
    ),
]
"""Read by `domain.nesting`, which says of any depth what is wrong where."""
NestedFilter = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"$ref": "#/components/schemas/Filter"}, {"type": "null"}]}),
]
NestedOrder = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "null"},
                {
                    "type": "array",
                    "maxItems": MOST_ORDERS,
                    "items": {"$ref": "#/components/schemas/OrderChoice"},
                },
            ]
        }
    ),
]


class FieldChoice(Body):
    """A field, its heading in the file when that isn't the dataset's, and what is to become of its
    values; null leaves that to the dataset. With `fields`, a relation as one nested value of JSON:
    its rows, those that `filter` keeps, by `order` (docs/datasets.md)."""

    name: Name
    label: Label | None = None
    mask: MaskChoice = None
    fields: NestedFields = None
    filter: NestedFilter = None
    order: NestedOrder = None


class OrderChoice(Body):
    field: Name
    direction: Literal["asc", "desc"] = "asc"


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


ChosenFields = Annotated[
    list[
        Annotated[
            FieldChoice,
            BeforeValidator(_named),
            WithJsonSchema(
                {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/FieldChoice"}]}
            ),
        ]
    ],
    Field(min_length=1, max_length=MOST_FIELDS, description="In this order; all when left out."),
]
FilterTree = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"$ref": "#/components/schemas/Filter"}, {"type": "null"}]}),
]
Orders = Annotated[list[OrderChoice], Field(max_length=20)]
FormatChoice = Annotated[Any, WithJsonSchema({"allOf": [{"$ref": "#/components/schemas/Format"}]})]


class SheetChoice(Body):
    """A further dataset of the same source, on a sheet of its own in a workbook. It is asked for as
    the first one is; `options` are those of the workbook that are other on this sheet
    (docs/excel.md)."""

    dataset: Name
    fields: ChosenFields | None = None
    filter: FilterTree = None
    order: Orders = Field(default_factory=list)
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class ExportRequest(Body):
    """What is asked for. `purpose` says why; it is kept encrypted and never stands in an event.
    With `sheets` every format is `xlsx`."""

    dataset: Name
    fields: ChosenFields | None = None
    filter: FilterTree = None
    order: Orders = Field(default_factory=list)
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None = None
    sheets: Annotated[list[SheetChoice], Field(max_length=MOST_SHEETS)] = Field(
        default_factory=list
    )
    formats: Annotated[list[FormatChoice], Field(min_length=1, max_length=MOST_FORMATS)]
    purpose: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    priority: Priority = Priority.NORMAL
    retention_days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class PreviewRequest(Body):
    """With a `format` the answer is the file that an export would make of these rows."""

    fields: ChosenFields | None = None
    filter: FilterTree = None
    order: Orders = Field(default_factory=list)
    rows: Annotated[int, Field(ge=1, le=100)] = 20
    format: FormatChoice = None


class CountRequest(Body):
    """An estimate is the planner's, fast and perhaps wrong; an exact count reads the rows."""

    filter: FilterTree = None
    exact: bool = False


class TicketRequest(Body):
    expires_in: Annotated[int, Field(ge=1, le=LONGEST_TICKET, description="Seconds.")] = 3_600


def _usable(password: SecretStr) -> SecretStr:
    check_password(password.get_secret_value())
    return password


class ProtectedCopyRequest(Body):
    """`password` opens the copy. It is used for this answer and kept nowhere."""

    password: Annotated[
        SecretStr,
        AfterValidator(_usable),
        Field(json_schema_extra={"minLength": LEAST, "maxLength": MOST}),
    ]


class KeyRequest(Body):
    """`expires_in_days` null makes a key that lasts until it is revoked."""

    label: Label
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in_days: Annotated[int, Field(ge=1, le=3_650)] | None = None


BODIES: tuple[type[Body], ...] = (
    ExportRequest,
    PreviewRequest,
    CountRequest,
    TicketRequest,
    ProtectedCopyRequest,
    KeyRequest,
    FieldChoice,
    SheetChoice,
)
"""The framework doesn't see them (`api.bodies`), so the OpenAPI document is told."""
