"""Measurements of yeoul beside other frameworks, on the same work in one run."""
