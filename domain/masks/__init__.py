"""What becomes of a field's values before anybody sees them (docs/masks.md). `domain.masks.masking`
lays masks over rows; it is not named here, as it knows datasets and they know masks."""

from domain.masks.reading import NUMBERS as NUMBERS
from domain.masks.reading import MaskInvalid as MaskInvalid
from domain.masks.reading import parse_mask as parse_mask
from domain.masks.reading import refused as refused
from domain.masks.reading import to_json as to_json
from domain.masks.spec import ByPeriod as ByPeriod
from domain.masks.spec import ByPrefix as ByPrefix
from domain.masks.spec import ByWidth as ByWidth
from domain.masks.spec import Constant as Constant
from domain.masks.spec import Keep as Keep
from domain.masks.spec import Mask as Mask
from domain.masks.spec import Null as Null
from domain.masks.spec import Pattern as Pattern
from domain.masks.spec import Period as Period
from domain.masks.spec import Shape as Shape
from domain.masks.spec import Token as Token
from domain.masks.spec import result_type as result_type
