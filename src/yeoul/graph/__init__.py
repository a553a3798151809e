"""What is done to a whole graph: gradients, simplification."""
