"""Data adapters, the step graph, fit, evaluate and predict."""
