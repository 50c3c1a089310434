"""What a client means by a text: to hear no more, to confirm, to ask for another time, or more.

An opt-out need not be one of the keywords: any wording that a reasonable person understands
counts (47 CFR 64.1200(a)(10)). So clear sentences are read here as well; what leaves a doubt is
OTHER, which a person reads.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from interworky_tui.domain.ratings import LONGEST, Rating, find_rating, misses_a_rating
from interworky_tui.domain.text import fold

__all__ = [
    "Kind",
    "Rating",
    "Yes",
    "misses_a_rating",
    "read_rating",
    "read_reply",
    "read_yes",
    "says_more",
]


class Kind(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    CHANGE = "change"
    RATING = "rating"
    """The answer to a feedback request, which ``read_reply`` knows nothing of."""
    OTHER = "other"


class Yes(StrEnum):
    """How a text says yes, which decides what questions it can be the answer to."""

    LETTER = "letter"
    """As a reminder and an offer of a slot ask for it."""
    TAKE = "take"
    """To an offer and to nothing else: "I'll take it"."""
    BARE = "bare"
    """To whatever was asked last: "yes please"."""


def read_yes(text: str) -> Yes | None:
    """Whether the whole text says yes; None for all else, a question among it."""
    text = text[:LONGEST]
    if read_reply(text) is Kind.CONFIRM:
        return Yes.LETTER
    if "?" in text:
        return None
    said = _words(text)
    return next((yes for yes, pattern in _YES if pattern.fullmatch(said)), None)


def read_reply(text: str) -> Kind:
    """Case, accents, punctuation, white space and emoji make no difference; a ``?`` may."""
    return _read(text)[0]


def says_more(text: str) -> bool:
    """Whether an opt-out stands among other words, so that a person should read those."""
    kind, whole = _read(text)
    return kind is Kind.STOP and not whole


def read_rating(text: str) -> Rating | None:
    """What the text is worth as the answer to a feedback request; None leaves it to a person.

    Only what can hardly mean anything else is a rating, and nothing that ``read_reply`` knows.
    """
    text = text[:LONGEST]
    found = find_rating(text)
    if found is None or found.rating is None or _read(text)[0] is not Kind.OTHER:
        return None
    # "5 C" answers two questions at once.
    return found.rating if _read_words(found.comment)[0] is Kind.OTHER else None


def _read(text: str) -> tuple[Kind, bool]:
    """The kind, and whether the whole text says it."""
    text = text[:LONGEST]
    if any(_KEYWORD.fullmatch(clause) for clause in _clauses(_beside_a_number(text))):
        return Kind.STOP, False
    return _read_words(text)


def _beside_a_number(text: str) -> str:
    """What is said after a rating, or after any number: "5. STOP"."""
    found = find_rating(text)
    return found.comment if found else _NUMBER_FIRST.sub("", text, 1) if text[:1].isdigit() else ""


def _read_words(text: str) -> tuple[Kind, bool]:
    said, asks = _words(text), "?" in text or "¿" in text
    for kind, pattern in _WHOLE:
        if pattern.fullmatch(said) and not (asks and pattern in _NO_QUESTION):
            return kind, True
    if _sentences(said, asks):
        return Kind.STOP, True
    if any(_sentences(clause, asks) for clause in _clauses(text)):
        return Kind.STOP, False
    # A keyword in a line of its own; below it may be a signature, or the text that it answers.
    first = _words(text.strip().partition("\n")[0])
    return (Kind.STOP, False) if _KEYWORD.fullmatch(first) else (Kind.OTHER, True)


def _words(text: str) -> str:
    """The folded words with single spaces; ``don't`` is ``dont``, and ``S.T.O.P.`` is ``stop``."""
    bare = re.sub(r"['’‘`´ʼ]", "", text)
    words = re.findall(r"[^\W_]+", fold(bare))
    spelled = len(words) > 1 and all(len(word) == 1 for word in words)
    return ("" if spelled else " ").join(words)


def _clauses(text: str) -> Iterator[str]:
    for clause in re.split(r"[.!?¿¡;:,\n\r…()]+|\s[-–—]+\s", text):
        yield from re.split(r" (?:and|but|because|cause|so|y|pero|porque) ", _words(clause))


def _sentences(said: str, asks: bool) -> bool:
    match = _SENTENCE.fullmatch(said)
    return bool(match and (match["asked"] or not asks))


_BEFORE = (
    r"(?:(?:please|pls|plz|kindly|hi|hello|hey|ok|okay|sorry|just|thanks|thank you|i said"
    r"|yes|por favor|porfavor|hola|gracias) )*"
)
_AFTER = (
    r"(?: (?:please|pls|plz|thanks|thank you|thx|now|right now|immediately|asap|already|ok|okay"
    r"|por favor|porfavor|gracias|ya|ahora))*"
)
_ASKED = r"(?P<asked>(?:(?:can|could|will|would) you (?:all )?(?:please |pls |kindly |just )?)?)"

_ME = r"(?:me|us|my (?:phone|number|cell|mobile)|this (?:phone|number))"
_MINE = rf"(?: (?:(?:to|at|on|from) )?{_ME})?(?: (?:at|on|to) (?:this|my) (?:phone|number|cell))?"
_TEXTS = (
    r"(?:(?:any|all|more|these|those|this|the|your|such|further|of|text|sms|reminder|automated) )*"
    r"(?:texts?|messages?|msgs?|sms|txts?|texting|messaging|spam|notifications?|reminders|alerts)"
)
_TEXTING = r"(?:texting|messaging|msging|txting|spamming|contacting|sms|smsing|writing(?: to)?)"
_AGAIN = (
    r"(?: (?:again|anymore|any more|any longer|ever|ever again|at all|in (?:the )?future|forever))"
)
_LIST = (
    r"(?:(?:the|your|this|that|all|any|of|text|texting|sms|message|messaging|mailing|contact"
    r"|marketing|distribution) )*"
    r"(?:lists?|texts|messages|text messages|notifications|reminders|alerts)"
)
_OR_ELSE = r"(?: or (?:else|i|ill|we|well)(?: \w+)*)?"

_OPT_OUTS = (
    # stop texting me
    rf"(?:stop|quit|cease)(?: (?:calling|emailing|phoning) (?:and|or))? {_TEXTING}"
    rf"{_MINE}{_AGAIN}?{_OR_ELSE}",
    rf"(?:stop|quit|cease|end|cancel)(?: (?:sending|with))?{_MINE} {_TEXTS}{_MINE}{_AGAIN}?"
    rf"{_OR_ELSE}",
    rf"(?:stop|quit|cease) sending {_ME} (?:this|these|that|those|stuff|anything)",
    # do not text me again
    rf"(?:do not|dont|never)(?: ever)? (?:text|message|msg|txt|sms|contact|write(?: to)?) {_ME}"
    rf"{_AGAIN}",
    rf"(?:do not|dont|never)(?: ever)? send {_ME} (?:any more|more|any|anymore) {_TEXTS}{_AGAIN}?",
    rf"no more {_TEXTS}{_MINE}",
    rf"(?:i|we) (?:do not|dont|no longer) (?:want|wish|need)(?: to (?:get|receive|have))?"
    rf" {_TEXTS}(?: from you)?{_AGAIN}?",
    # remove me from your list
    rf"(?:remove|take|delete|drop|get) {_ME} (?:from|off|off of|out of) {_LIST}",
    r"(?:remove|delete) (?:my|this) (?:phone )?number",
    rf"unsubscribe {_ME}(?: from {_LIST})?",
    rf"unsubscribe from {_LIST}",
    r"opt (?:me|us|this number|my number) out(?: of (?:everything|all|this|these|your)(?: \w+)?)?",
    rf"(?:(?:i|we) (?:want|wish|would like|need)|id like|i am asking|im asking) (?:you )?to"
    rf" (?:unsubscribe|opt out|be removed from {_LIST}|be unsubscribed|stop receiving {_TEXTS}"
    rf"|stop getting {_TEXTS}|stop {_TEXTING} {_ME})",
    r"(?:(?:i|we) opt|(?:i am|im) opting) out",
    r"i (?:hereby )?(?:revoke|withdraw) (?:my )?consent",
    # no me escriban mas
    r"(?:ya )?no me (?:escrib|mand|envi|contact|texte)(?:a|as|an|e|es|en)"
    r"(?: (?:mas|mensajes|textos|sms|nada))+(?: mas)?",
    r"(?:ya )?no (?:quiero|deseo)(?: recibir)?(?: (?:mas|sus|estos))* (?:mensajes|textos|sms)"
    r"(?: mas)?",
    r"(?:no mas|parar|pare|paren|cancelar|cancele|cancelen)(?: (?:los|estos|sus))?"
    r" (?:mensajes|textos|sms)",
    r"(?:deja|deje|dejen|para|pare|paren) de (?:escribirme|enviarme|mandarme|contactarme|textearme"
    r"|enviar|mandar)(?: (?:mas|mensajes|textos|sms))*",
    r"(?:(?:quiero|deseo) )?(?:darme|deme|denme|dame|dar) de baja",
    r"(?:quite|quiten|elimine|eliminen|borre|borren|saque|saquen)me de (?:su|la|esta) lista",
)
"""Clear wherever they are a clause of their own."""
_BRIEF = (
    rf"(?:do not|dont|never) (?:text|message|msg|txt|sms|contact|write(?: to)?) {_ME}",
    rf"(?:do not|dont|never) send {_ME} {_TEXTS}",
    r"(?:do not|dont) (?:text|message)",
    r"stop (?:it|this|sending)",
    r"no me (?:escrib|mand|envi|contact|texte)(?:a|as|an|e|es|en)",
)
"""Clear when nothing else is said: "don't text me, I'm driving" is not."""

_STRONG = r"(?:stop+|stop ?all|unsubscribe|opt ?out|alto|baja|parar|pare|paren)"
_KEYWORD = re.compile(rf"{_BEFORE}{_STRONG}(?: {_STRONG})*{_AFTER}")
_NUMBER_FIRST = re.compile(r"[\d\W]+")
# Words that are as often about the visit, so that nothing may stand beside them.
_WEAK = re.compile(r"cancel|end|quit|revoke|cancelar")
_SHORT = re.compile(rf"{_BEFORE}{_ASKED}(?:{'|'.join(_BRIEF)}){_AFTER}")
_SENTENCE = re.compile(rf"{_BEFORE}{_ASKED}{_BEFORE}(?:{'|'.join(_OPT_OUTS)}){_AFTER}")
_START = re.compile(rf"{_BEFORE}(?:start|unstop){_AFTER}")
_HELP = re.compile(rf"{_BEFORE}(?:help|info|ayuda){_AFTER}")
# "Please confirm" asks the office to.
_CONFIRM = re.compile(
    r"(?:(?:hi|hello|hola|ok|okay|yes|si) )*"
    r"(?:c|c confirm|(?:i )?confirm|confirmed|confirmo|confirmad[oa])"
    r"(?: (?:thanks|thank you|thx|gracias|ok|okay))*"
)
_POLITE = r"(?: (?:please|pls|thanks|thank you|thx|gracias|por favor))*"
_YES = (
    (
        Yes.TAKE,
        re.compile(
            r"(?:(?:hi|hello|hola|ok|okay|yes|si|c) )*"
            r"(?:(?:ill|i will|i would like to|id like to|i want to|we will|well) )?"
            r"(?:take it|take (?:the|that|this) (?:slot|time|one|appointment)"
            r"|(?:la|lo) (?:tomo|quiero)|me (?:la|lo) quedo|tomarla)"
            rf"{_POLITE}"
        ),
    ),
    (Yes.BARE, re.compile(rf"(?:(?:hi|hello|hola) )?(?:yes|yep|yeah|si|sure|ok|okay){_POLITE}")),
)
_CHANGE = re.compile(
    rf"{_BEFORE}(?:(?:can|could|may) (?:i|we|you) (?:please )?|"
    r"(?:(?:i|we) (?:want|need|have|would like)|id like) to )?"
    r"(?:r|re ?schedule|reprogramar|cambiar)"
    rf"(?: (?:it|this|(?:my|the|this) (?:appointment|visit|appt)|mi cita|la cita))?{_AFTER}"
)

_WHOLE = (
    (Kind.STOP, _KEYWORD),
    (Kind.STOP, _WEAK),
    (Kind.STOP, _SHORT),
    (Kind.START, _START),
    (Kind.HELP, _HELP),
    (Kind.CONFIRM, _CONFIRM),
    (Kind.CHANGE, _CHANGE),
)
_NO_QUESTION = (_WEAK, _SHORT, _CONFIRM)
"""Asked, they mean something else: "cancel?", "confirmed?"."""
