"""Where the models run: an engine is whatever stands behind `protocol.Engine`."""
