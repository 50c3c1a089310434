"""Where a message's templates come from: the office's own folder, then what is shipped.

``<folder>/<language>/<event>/<recipient>/<part>`` goes before ``<folder>/<event>/...``, which is
for the office's default language, and that before the shipped one. A message whose parts do not
all exist in a language is said in the next one, so that no email is half translated.

What the office wrote is checked when it is first used and when the file changes. What cannot
be used is in ``problems()``, and the built-in one is used meanwhile.
"""

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from interworky_tui.domain.errors import BadInput
from interworky_tui.domain.events import Channel, Event, Recipient
from interworky_tui.domain.language import clean_language, wider
from interworky_tui.messages import checking
from interworky_tui.messages.places import (
    LAYOUT,
    PARTS,
    WORDS,
    Place,
    first_text_of,
    name_of,
    places,
)
from interworky_tui.messages.template import BadTemplate, Lines, lines_of
from interworky_tui.messages.words import Words, english_source, read_words, words_of

ENGLISH = "en"
_MOST_BYTES = 400_000
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Template:
    """``file`` is None for a built-in one."""

    lines: Lines
    source: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message's templates in one language. ``page`` None: it follows from the text."""

    language: str
    text: Template
    subject: Template | None = None
    page: Template | None = None

    @property
    def own(self) -> bool:
        """Whether any of it is the office's own."""
        return any(t is not None and t.file for t in (self.text, self.subject, self.page))


@dataclass(frozen=True, slots=True)
class _File:
    """What was read of an own file. Without ``lines`` and ``words`` it cannot be used."""

    source: str = ""
    lines: Lines = ()
    words: Mapping[str, Any] | None = None
    bad: tuple[BadTemplate, ...] = ()


class Catalogue:
    """``folder`` is where the office keeps its own templates, which need not be there."""

    def __init__(self, folder: Path | None = None, language: str = ENGLISH) -> None:
        self.folder = folder
        self.language = language
        self._read: dict[Path, tuple[Stamp, _File]] = {}

    def messages(
        self, event: Event, recipient: Recipient, channel: Channel, language: str | None = None
    ) -> Iterator[Message]:
        """The message's templates, the best first; the last is the shipped English one.

        There is more than one because what the office wrote may come out empty.
        """
        for tag in self._languages(language):
            found = self.message(event, recipient, channel, tag)
            if found:
                yield found
            if found is None or found.own:
                built_in = self.message(event, recipient, channel, tag, own=False)
                if built_in:
                    yield built_in

    def message(
        self, event: Event, recipient: Recipient, channel: Channel, tag: str, *, own: bool = True
    ) -> Message | None:
        """A message in exactly that language; None unless all its parts are there."""
        first, *rest = (
            self.find(name_of(event, recipient, part), tag, own=own) for part in PARTS[channel]
        )
        if channel is Channel.SMS:
            return Message(tag, first) if first else None
        text, page = rest
        if not (first and text):
            return None
        if text.file and not (page and page.file):
            page = None
        elif page is None:
            return None
        return Message(tag, text, first, page)

    def first_text(self, recipient: Recipient, language: str | None = None) -> Template:
        """What the first SMS to a number ends with."""
        return self._required(first_text_of(recipient), language)

    def layout(self, language: str | None = None) -> Template:
        return self._required(LAYOUT, language)

    def words(self, language: str | None = None) -> Words:
        """The words of a language that a message was found in."""
        tag = language or self.language
        read = [self._own(path, None) for path in self._own_paths(WORDS, tag)]
        own = tuple(file.words for file in read if file and file.words is not None)
        shipped = (_shipped_words(known) for known in wider(tag))
        return words_of(tag, (*own, *(words for words in shipped if words is not None)))

    def find(self, name: str, language: str, *, own: bool = True) -> Template | None:
        """A template in exactly that language, the office's own before the shipped one."""
        for path in self._own_paths(name, language) if own else ():
            file = self._own(path, places()[name])
            if file and not file.bad:
                return Template(file.lines, file.source, path)
        return _shipped(name, language)

    def source(self, name: str, language: str) -> tuple[str, Path | None] | None:
        """A file as it is written, for a person to read; the path is of an own one.

        The words of English are given out as a file, too.
        """
        for tag in wider(language):
            template = self._words_file(tag) if name == WORDS else self.find(name, tag)
            if template:
                return template.source, template.file
        return None

    def _words_file(self, tag: str) -> Template | None:
        for path in self._own_paths(WORDS, tag):
            file = self._own(path, None)
            if file and not file.bad:
                return Template((), file.source, path)
        built_in = english_source() if tag == ENGLISH else _shipped_source(WORDS, tag)
        return None if built_in is None else Template((), built_in)

    def own_path(self, name: str, language: str | None = None) -> Path:
        """Where the office's own template of that name is or would be."""
        assert self.folder is not None
        paths = self._own_paths(name, language or self.language)
        there = next((path for path in paths if path.exists()), None)
        return there or (paths[0] if language not in (None, self.language) else paths[-1])

    def problems(self) -> tuple[BadTemplate, ...]:
        """What is wrong in the office's own folder: by name and, where there is one, by line."""
        return tuple(self._problems())

    def _problems(self) -> Iterator[BadTemplate]:
        if self.folder is None:
            return
        for path in sorted(_files_in(self.folder)):
            relative = path.relative_to(self.folder).as_posix()
            language, name = _split(relative)
            if language is not None and name == WORDS:
                yield from _bad(self._own(path, None))
            elif language is not None and name in places():
                yield from _bad(self._own(path, places()[name]))
            else:
                yield BadTemplate(relative, None, _no_place(relative))
        for tag in self._own_languages():
            yield from self._gaps(tag)

    def _gaps(self, tag: str) -> Iterator[BadTemplate]:
        """Emails of which only a part was translated, and dates that nobody put into words."""
        assert self.folder is not None
        emails = {n.rpartition("/")[0] for n in places() if n.endswith("email.txt")}
        for folder in sorted(emails):
            parts = [self.find(f"{folder}/{part}", tag) for part in ("subject.txt", "email.txt")]
            if None in parts and (self.folder / tag / folder).is_dir() and any(parts):
                lacks = "email.txt" if parts[0] else "subject.txt"
                what = f"{lacks} is missing, so this email is sent in another language"
                yield BadTemplate(f"{tag}/{folder}", None, what)
        has_words = wider(tag)[-1] == ENGLISH or any(map(_shipped_words, wider(tag)))
        if not has_words and not (self.folder / tag / WORDS).is_file():
            what = f"{WORDS} is missing, so parts of the day are said in English"
            yield BadTemplate(tag, None, what)

    def _own_languages(self) -> tuple[str, ...]:
        if self.folder is None or not self.folder.is_dir():
            return ()
        found = (path.name for path in self.folder.iterdir() if path.is_dir())
        return tuple(sorted(name for name in found if _is_tag(name)))

    def _languages(self, language: str | None) -> tuple[str, ...]:
        wanted = language or self.language
        return tuple(dict.fromkeys((*wider(wanted), *wider(self.language), ENGLISH)))

    def _required(self, name: str, language: str | None) -> Template:
        found = (self.find(name, tag) for tag in self._languages(language))
        return next(template for template in found if template)

    def _own_paths(self, name: str, tag: str) -> tuple[Path, ...]:
        if self.folder is None:
            return ()
        in_language = self.folder / tag / name
        # A layout has no words, so one serves every language.
        if name == LAYOUT or wider(tag)[-1] == wider(self.language)[-1]:
            return (in_language, self.folder / name)
        return (in_language,)

    def _own(self, path: Path, place: Place | None) -> _File | None:
        """A file as it is now, None when there is none. ``place`` None is for words."""
        try:
            seen = path.stat()
        except OSError:
            return None
        stamp = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, self._look(path, seen, place))
            self._read[path] = known
        return known[1]

    def _look(self, path: Path, seen: os.stat_result, place: Place | None) -> _File:
        assert self.folder is not None
        name = path.relative_to(self.folder).as_posix()
        try:
            if not stat.S_ISREG(seen.st_mode) or seen.st_size > _MOST_BYTES:
                raise BadTemplate(name, None, "is not a file of text, or far too long")
            source = checking.decode(path.read_bytes(), name)
        except OSError as error:
            what = f"cannot be read ({error.strerror or type(error).__name__})"
            return _File(bad=(BadTemplate(name, None, what),))
        except BadTemplate as bad:
            return _File(bad=(bad,))
        if place is None:
            words, faults = read_words(source, name)
            return _File(source, words=None if faults else words, bad=faults)
        lines, faults = checking.read(source, place, name)
        return _File(source, lines, bad=faults)


SHIPPED = Catalogue()
"""The built-in templates alone, in English unless another language is asked for."""


def languages(catalogue: Catalogue) -> tuple[str, ...]:
    """The tags that there are templates of: shipped, or in a folder of the office's own."""
    return tuple(sorted({ENGLISH, *_shipped_languages(), *catalogue._own_languages()}))


def _bad(file: _File | None) -> tuple[BadTemplate, ...]:
    return file.bad if file else ()


def _files_in(folder: Path) -> Iterator[Path]:
    """Without what editors and file managers leave behind."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and not name.endswith(("~", ".bak", ".swp")):
                yield Path(parent, name)


def _split(relative: str) -> tuple[str | None, str]:
    """The language's folder ("" for none, None for a wrong one) and the template's name."""
    first, _, rest = relative.partition("/")
    if not rest or first in {name.partition("/")[0] for name in places()}:
        return "", relative
    return (first if _is_tag(first) else None), rest


def _is_tag(name: str) -> bool:
    try:
        return clean_language(name) == name
    except BadInput:
        return False


def _no_place(relative: str) -> str:
    language, name = _split(relative)
    if language is None and (name in places() or name == WORDS):
        first = relative.partition("/")[0]
        try:
            hint = f"did you mean {clean_language(first)}?"
        except BadInput:
            hint = "as in es or es-MX"
        return f"{first} is not how a language is written; {hint}"
    near = difflib.get_close_matches(name, [*places(), WORDS], 1, 0.6)
    prefix = f"{language}/" if language else ""
    hint = f"; did you mean {prefix}{near[0]}?" if near else ""
    return f"is not the name of a template{hint}"


@cache
def _shipped(name: str, language: str) -> Template | None:
    source = _shipped_source(name, language)
    return None if source is None else Template(lines_of(source), source)


@cache
def _shipped_words(language: str) -> Mapping[str, Any] | None:
    source = _shipped_source(WORDS, language)
    return None if source is None else read_words(source, WORDS)[0]


def _shipped_source(name: str, language: str) -> str | None:
    parts = () if language == ENGLISH else (language,)
    root = files("interworky_tui.messages").joinpath("templates")
    file = root.joinpath(*parts, *name.split("/"))
    return file.read_text("utf-8") if file.is_file() else None


@cache
def _shipped_languages() -> tuple[str, ...]:
    root = files("interworky_tui.messages").joinpath("templates")
    return tuple(folder.name for folder in root.iterdir() if _is_tag(folder.name))
