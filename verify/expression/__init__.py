"""What is asked and what is answered, as plain data: operations, graphs, readings."""
