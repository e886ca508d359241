"""Workshop: training readers, fitting confidences, scoring. Nothing that answers imports it."""
