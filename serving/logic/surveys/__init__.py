"""Surveys: what persons are asked, whom of them, and how seldom."""
