"""What is said: an event and its facts become the texts that the client and the office read."""
