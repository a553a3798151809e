"""The engine for CPUs: graphs become flat programs run by the extension module."""
