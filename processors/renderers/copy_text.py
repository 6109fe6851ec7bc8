"""PostgreSQL's COPY text, as renderers take it apart; see `domain.copy_text`."""

from domain.copy_text import BACKSLASH as BACKSLASH
from domain.copy_text import BLOCK_BYTES as BLOCK_BYTES
from domain.copy_text import LARGEST_COMPILED as LARGEST_COMPILED
from domain.copy_text import NULL as NULL
from domain.copy_text import TAB as TAB
from domain.copy_text import FragmentMalformed as FragmentMalformed
from domain.copy_text import blocks as blocks
from domain.copy_text import cells as cells
from domain.copy_text import end_of_odd as end_of_odd
from domain.copy_text import unescape as unescape
