"""The wirings: ``local`` in one process and one folder, ``aws`` in the owner's account."""
