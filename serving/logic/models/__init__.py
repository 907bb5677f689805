"""Models, asked by the tests of templates: one protocol, a stand-in, and whatever speaks OpenAI's way."""
