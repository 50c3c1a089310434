"""The only SQL: schema and engine, and the list's plain reads."""
