"""The meaning of every program, in NumPy: slow, simple, and what every other engine is tested against."""
