"""What people and scripts read: text tables and JSON objects. Reads the Program, decides nothing."""
