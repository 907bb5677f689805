"""The emitter is a distribution of its own: its tests import it from its source folder, as it would be installed."""

import sys

from tests.ingest.clients.source import SOURCE

sys.path.insert(0, str(SOURCE))
