"""Values: dtypes, shapes, tensors, nodes, variables, traces and configuration."""
