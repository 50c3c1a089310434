"""The conversation of the setup: a part is asked for, tried out, and kept when it works."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

import click

from interworky_tui import bootstrap, config, secret, settings_file
from interworky_tui.cli import questions
from interworky_tui.cli.base import say
from interworky_tui.cli.questions import EMAIL, OFFICE, PORTS, SMS, Answers, Key, Question
from interworky_tui.config import BadSettings, Settings
from interworky_tui.delivery.advice import advice
from interworky_tui.delivery.channel import SendFailed
from interworky_tui.delivery.email import EmailSender
from interworky_tui.delivery.sms import SmsSender
from interworky_tui.delivery.trial import trial
from interworky_tui.domain.errors import BadInput, Refusal
from interworky_tui.domain.events import Channel
from interworky_tui.messages.catalogue import Catalogue
from interworky_tui.secret import Place
from interworky_tui.start import Surroundings

SECURITY, PORT, USER = ("email", "security"), ("email", "port"), ("email", "user")
ASKED = {"office": OFFICE, "email": EMAIL, "sms": SMS}
TITLES = {"office": "The office", "email": "Emails", "sms": "Texts (SMS)"}
WITHOUT = {
    "email": "No mail server is set: emails are kept as files.",
    "sms": "No SMS account is set: texts are kept as files.",
}
ADDRESS = {"email": OFFICE[3], "sms": OFFICE[2]}
"""Of the office, where the test goes; it may be what is wrong."""


@dataclass
class SetUp:
    """``asks`` is whether there is somebody to ask. ``saved`` says what was kept so far."""

    around: Surroundings
    answers: Answers
    written: frozenset[Key]
    asks: bool
    tests: bool
    place: Place | None
    optional: set[Key] = field(default_factory=set)
    saved: list[str] = field(default_factory=list)
    failed: bool = False

    @classmethod
    def begin(cls, around: Surroundings, *, asks: bool, tests: bool, place: str | None) -> "SetUp":
        """Raises BadSettings when the settings that are there cannot be read."""
        settings = around.settings()
        file = tomllib.loads(config.read_text(around.paths.settings_file))
        written = questions.keys_in(file) | {q.key for q in questions.QUESTIONS if _set(around, q)}
        answers = questions.first_answers(settings, written)
        told = Place(place) if place else None
        return cls(around, answers, written, asks, tests, told)

    def take(self, given: Mapping[str, str]) -> None:
        """The answers that came as options. Raises BadInput before anything is kept."""
        for question in questions.QUESTIONS:
            if question.option in given:
                try:
                    self._answer(question, given[question.option])
                except BadInput as error:
                    raise BadInput(f"--{question.option}: {error}") from None
                self.optional.add(question.key)

    def go_through(self, section: str) -> None:
        """Ask, try out, and keep. Raises click.Abort when the person leaves."""
        if self.asks:
            say(f"\n{TITLES[section]} (Enter keeps what is there, - clears it)")
        asked = ASKED[section]
        while True:
            self._ask_all(asked)
            trouble = self._try_out(section)
            if not trouble:
                return self._keep(section)
            click.echo(trouble, err=True)
            if not (self.asks and click.confirm("Try other values?", default=True)):
                break
            self.optional.clear()
            asked = ASKED[section] + ((ADDRESS[section],) if section in ADDRESS else ())
        if self.asks and self._news(section) and click.confirm("Keep them all the same?"):
            return self._keep(section)
        self.failed = True
        self._drop(section)
        return None

    def kept(self) -> str:
        if not self.saved:
            return "Nothing was changed."
        return f"Saved: {', '.join(dict.fromkeys(self.saved))}."

    def next_step(self) -> str:
        if self.failed:
            return "Something does not work yet: run interworky-tui setup again when it may."
        if not self.saved:
            return "The desk opens by interworky-tui; interworky-tui doctor looks at every part."
        return (
            "A desk or worker that runs takes this up when it is started again."
            " The desk opens by interworky-tui; interworky-tui doctor looks at every part."
        )

    def _ask_all(self, asked: tuple[Question, ...]) -> None:
        for question in asked:
            if question.skipped(self.answers) or question.key in self.optional:
                continue
            if _set(self.around, question):
                name = config.variable(question.key)
                say(f"{question.words}: from {name}, which goes before what is kept.")
            elif self.asks:
                self._ask(question)
            elif question.key == PORT and PORT in self.answers.proposed:
                self._answer(question, self.answers.offer(question.key))

    def _ask(self, question: Question) -> None:
        """Until the answer can be used."""
        while True:
            offer = "" if question.secret else self.answers.offer(question.key)
            there = question.secret and self._has_secret(question.key)
            text = click.prompt(
                question.words + (" (Enter keeps the one that is there)" if there else ""),
                default=offer,
                show_default=bool(offer),
                hide_input=question.secret,
            )
            if question.secret and not text:
                return None
            if text == offer and question.key not in self.answers.proposed:
                return None
            try:
                return self._answer(question, text)
            except BadInput as error:
                click.echo(error, err=True)

    def _answer(self, question: Question, text: str) -> None:
        answers = self.answers
        answers.given[question.key] = questions.read(question, text, answers)
        if question.key == SECURITY and (
            PORT not in self.written or answers[PORT] in PORTS.values()
        ):
            answers.proposed[PORT] = PORTS[answers[SECURITY]]
        if question.key == ("email", "host") and USER not in self.written:
            answers.proposed[USER] = answers["office", "email"]

    def _has_secret(self, key: Key) -> bool:
        if key in self.answers.given:
            return bool(self.answers.given[key])
        return bool(secret.where(*key, self.around.paths.config, self.around.environment))

    def _try_out(self, section: str) -> str:
        """Send a test; the sentence of what is wrong, or ""."""
        try:
            settings = self._candidate()
            if section == "office" or section in _previewed(settings):
                if section in WITHOUT and (self.asks or self._news(section)):
                    say(WITHOUT[section])
                return ""
            if self.tests:
                self._send(settings, Channel(section))
        except SendFailed as failure:
            return advice(Channel(section), failure)
        except (BadSettings, Refusal) as error:
            return str(error)
        return ""

    def _candidate(self) -> Settings:
        """The settings as they would be. Raises BadSettings."""
        file = self.around.paths.settings_file
        text = settings_file.edited(
            config.read_text(file), {k: v for part in ASKED for k, v in self._values(part).items()}
        )
        return config.parse(text, file.name, self.around.environment)

    def _send(self, settings: Settings, channel: Channel) -> None:
        paths, clock = self.around.paths, self.around.clock
        given = {config.variable(k): v for k, v in self._secrets(channel.value).items() if v}
        own = os.environ if self.around.environment is None else self.around.environment
        environment = {**given, **own}
        made = bootstrap.senders(settings, paths, clock, lambda _: False, environment)[channel]
        templates = Catalogue(paths.config / "templates", settings.messages.language)
        message = trial(settings, channel, templates, clock())
        if message.to_address:
            say(f"A test {channel.label} goes to {message.to_address} ...")
            made.send(message)
            say("It was taken. Look whether it arrives.")
        elif isinstance(made, EmailSender | SmsSender):
            made.check()
            say(f"The login works. No test {channel.label} was sent: the office has no address.")

    def _news(self, section: str) -> bool:
        return bool(self.answers.changes(section))

    def _values(self, section: str) -> dict[tuple[str, ...], settings_file.Value]:
        return {
            key: questions.as_stored(key, text)
            for key, text in self.answers.changes(section).items()
            if key not in config.SECRETS
        }

    def _secrets(self, section: str) -> dict[Key, str]:
        return {
            key: text
            for key, text in self.answers.given.items()
            if key in config.SECRETS and key[0] == section
        }

    def _to_store(self, section: str) -> dict[Key, str]:
        """The secrets that were typed; those there are move when a place for them is named."""
        typed = self._secrets(section)
        if self.place in (None, Place.ENVIRONMENT):
            return typed
        folder, own = self.around.paths.config, self.around.environment
        there = {key: secret.find(*key, folder, own) for key in config.SECRETS if key[0] == section}
        return {key: text for key, text in there.items() if text} | typed

    def _keep(self, section: str) -> None:
        """Raises BadSettings, and then what was there before holds."""
        paths = self.around.paths
        for key, text in self._to_store(section).items():
            place = self._place_for(key)
            if place is not Place.ENVIRONMENT:
                secret.store(*key, text, paths.config, place)
                in_file = str(paths.config / secret.SECRETS_FILE)
                self.saved.append("the keyring" if place is Place.KEYRING else in_file)
        # The office's address may have been corrected on the way.
        for part in dict.fromkeys(("office", section)):
            if values := self._values(part):
                settings_file.change(paths.settings_file, values)
                self.saved.append(str(paths.settings_file))
            self.answers.settle(part, kept=True)

    def _place_for(self, key: Key) -> Place:
        if self.place:
            return self.place
        if not self.asks or not secret.keyring_works():
            return Place.FILE
        now = secret.where(*key, self.around.paths.config, {})
        wanted = click.confirm(
            "Keep it in this machine's keyring, and not in a file of your own?",
            default=now is Place.KEYRING,
        )
        return Place.KEYRING if wanted else Place.FILE

    def _drop(self, section: str) -> None:
        if self._news(section):
            click.echo(f"Not kept: {TITLES[section]}.", err=True)
        for part in ("office", section):
            self.answers.settle(part, kept=False)


def _set(around: Surroundings, question: Question) -> bool:
    own = os.environ if around.environment is None else around.environment
    return bool(own.get(config.variable(question.key)))


def _previewed(settings: Settings) -> tuple[str, ...]:
    return tuple(name.lower() for name in settings.previewed)
