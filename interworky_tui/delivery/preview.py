"""The preview channel: each message becomes a file, and nothing leaves the machine."""

import os
from dataclasses import dataclass
from email.policy import SMTP
from pathlib import Path

from interworky_tui.delivery import mail
from interworky_tui.delivery.channel import FailureKind, Outgoing, SendFailed
from interworky_tui.domain.events import Channel, MessageState
from interworky_tui.messages.segments import count_segments
from interworky_tui.services.preview_files import name_of, part_of

NO_ADDRESS = "office@preview.invalid"
"""The From of an office that has not given its address yet."""


@dataclass(frozen=True, slots=True)
class PreviewSender:
    """Emails as ``.eml``, texts as ``.txt``, for this user's eyes only.

    A file's name follows from the message, and it appears whole or not at all: however often
    a message is tried, there is one file of it.
    """

    folder: Path
    channel: Channel
    office_name: str
    office_email: str

    @property
    def name(self) -> str:
        return f"{self.channel.label} preview"

    @property
    def final_state(self) -> MessageState:
        return MessageState.PREVIEWED

    @property
    def timeout(self) -> float:
        return 10.0

    def send(self, message: Outgoing) -> str:
        """Write the file; its name is the reference."""
        content = self._email(message) if self.channel is Channel.EMAIL else _text(message)
        name = name_of(message.id, message.event, message.recipient, message.channel)
        try:
            self._write(name, content, message.attempts)
        except OSError as error:
            raise SendFailed(FailureKind.RETRY, f"{type(error).__name__} {error.errno}") from error
        return name

    def reconcile(self, message: Outgoing) -> str | None:
        """Writing again overwrites, so there is nothing to look for."""
        return None

    def _email(self, message: Outgoing) -> bytes:
        sender = mail.office_address(self.office_name, self.office_email or NO_ADDRESS)
        built = mail.build(message, sender)
        built["X-Interworky-Preview"] = "yes"
        # Line ends as files have them; the wire's are for the wire.
        return built.as_bytes(policy=SMTP.clone(linesep="\n"))

    def _write(self, name: str, content: bytes, attempts: int) -> None:
        self._make_folder()
        for earlier in range(1, attempts):
            part_of(self.folder, name, earlier).unlink(missing_ok=True)
        # No two workers ever have the same attempt, so the part is this one's alone.
        part = part_of(self.folder, name, attempts)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / name)
        _sync_folder(self.folder)

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and self.folder.stat().st_mode & 0o077:
            self.folder.chmod(0o700)


def _text(message: Outgoing) -> bytes:
    to = message.to_address
    if not to.isprintable():
        raise SendFailed(FailureKind.PERMANENT, "not a possible number")
    segments = count_segments(message.body)
    head = f"To: {to}\nSegments: {segments.count} ({segments.encoding})\n"
    try:
        return f"{head}\n{message.body}\n".encode()
    except UnicodeEncodeError as error:
        raise SendFailed(FailureKind.PERMANENT, "not a possible text") from error


def _sync_folder(folder: Path) -> None:
    """The new name must survive a power cut too; Windows has no such call."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
