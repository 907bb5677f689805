"""How much a template may ask for. Everything is counted, nothing is timed: the same template always gets as far."""

MAX_NODES = 2_500
"""Nodes of one body's syntax tree; plain text is one, however long."""

MAX_EXPRESSION_DEPTH = 24
MAX_STATEMENT_DEPTH = 16
MAX_LOOP_DEPTH = 6
MAX_DATA_DEPTH = 32
MAX_PART_DEPTH = 8
"""Templates above one another by ``extends`` and ``include``, the rendered one counted."""
MAX_MEMBERS = 64
"""Templates in one composition."""

MAX_USES = 500
"""How often the members are used in all: a part that is used twice uses its own parts twice."""

MAX_STEPS = 200_000
"""A step is one node of a body that runs, one value that is touched, or 64 characters of one."""
CHARS_PER_STEP = 64
STEPS_PER_INCLUDE = 20
"""On top of its nodes: the names that it may read are copied for it."""
MAX_CHARS = 1_000_000
"""Of the text that is written, and of every text on the way."""
MAX_RANGE = 10_000
MAX_INTEGER = 2**63 - 1
MAX_INDENT = 16
"""Blanks that ``indent`` and ``tojson`` may put before a line."""
