"""What a text means: who wants no more of them is heard, and nobody else is silenced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interworky_tui.domain.replies import Kind, Yes, read_rating, read_reply, read_yes, says_more

KEYWORDS = {
    Kind.STOP: (
        *("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT"),
        *("OPT OUT", "CANCEL", "ALTO", "BAJA", "CANCELAR", "PARAR"),
    ),
    Kind.START: ("START", "UNSTOP"),
    Kind.HELP: ("HELP", "INFO", "AYUDA"),
    Kind.CONFIRM: ("C", "CONFIRM", "CONFIRMO", "CONFIRMED", "SI CONFIRMO"),
    Kind.CHANGE: ("R", "RESCHEDULE", "REPROGRAMAR"),
}
ALL = [(kind, word) for kind, words in KEYWORDS.items() for word in words]

OPT_OUTS = [
    "Stop.",
    "STOP!!",
    "stop please",
    "Please stop",
    "stop stop stop",
    "Stop?",
    "“STOP”",
    "'stop'",
    "ＳＴＯＰ",
    "S.T.O.P.",
    "s t o p",
    "st\u200bop",
    "🛑 stop 🛑",
    "STOP 👎🏽",
    "opt-out",
    "Opt me out",
    "please opt me out of these",
    "stop this",
    "please stop texting me",
    "Please, stop texting me.",
    "stop texting",
    "Hey stop texting me now!!!",
    "can you please stop texting me?",
    "Would you stop messaging us",
    "don't text me again",
    "don’t text me again",
    "do not text me anymore",
    "Dont ever message me again please",
    "Do not contact me.",
    "do not send me messages",
    "don't send me any more texts",
    "never text me again",
    "Stop sending me these text messages",
    "stop the texts",
    "stop all messages",
    "stop calling and texting me",
    "quit texting me",
    "stop contacting this number",
    "stop texting me or I will complain",
    "no more texts",
    "No more messages please",
    "I don't want any more messages",
    "I no longer want to receive these texts",
    "I want to stop receiving your messages",
    "remove me from your list",
    "Take me off your list please",
    "remove my number",
    "take this number off your texting list",
    "unsubscribe me",
    "Unsubscribe me from this list",
    "I would like to opt out",
    "I'd like to unsubscribe",
    "I revoke my consent",
    "End these messages",
    "por favor no me escriban más",
    "No me manden mensajes",
    "no me envíen más mensajes",
    "no quiero recibir más mensajes",
    "dejen de escribirme",
    "Pare por favor",
    "quiero darme de baja",
    "No más mensajes, gracias",
    "STOP SENDING ME THIS",
    "cancel texts",
    "please stop the automated texts",
    "I opt out",
    "cancelar mensajes",
    "unsubscribe from your texts",
    "Sáquenme de su lista",
    "Don't text.",
    "no me escriban",
]

AMONG_OTHERS = [
    "Wrong number, please stop texting me",
    "Please stop texting me. I moved to Leeds.",
    "stop texting me and email me instead",
    "Hi this is Bob. Do not text me again. I found another dentist.",
    "I am not interested! Remove me from your list!",
    "Wrong person. Don't send me any more texts.",
    "STOP\nSent from my phone",
    "STOP\n> Lindenhof Practice: Hi Ada, a reminder of your visit",
]

FOR_A_PERSON = [
    "",
    "   ",
    "👍",
    "?",
    "ok",
    "yes",
    "no",
    "YES",
    "1",
    "5",
    "Thank you!",
    "I can't stop by today",
    "stop by at 5?",
    "I'll stop by later",
    "Can you stop",
    "don't stop",
    "please don't stop texting me",
    "Please, don't stop. Texting me is fine.",
    "never stop sending reminders",
    "no pare",
    "no paren de escribirme",
    "why did you stop texting me?",
    "Did you stop texting me?",
    "Why don't you text me anymore?",
    "you don't text me anymore",
    "no more messages?",
    "stop texting me at night",
    "stop texting me before 9",
    "stop texting me about my old appointment",
    "don't text me, I'm driving",
    "don't text me tomorrow",
    "don't text me before noon",
    "If you stop texting me I will forget",
    "my husband said stop texting me",
    "stop texting my old number, use this one",
    "the bus stop is closed",
    "Is there a bus stop nearby?",
    "next stop",
    "non stop",
    "stopped",
    "can you cancel my appointment on Friday",
    "cancel my appointment",
    "please cancel",
    "Cancel Friday",
    "Cancel?",
    "I need to cancel",
    "cancelar mi cita",
    "quiero cancelar la cita",
    "at the end of the street",
    "end of March?",
    "The end.",
    "weekend",
    "I quit my job so I am free",
    "quit smoking",
    "take me off the waiting list",
    "take me off the list for Friday",
    "can you remove me from Friday",
    "Reply STOP to opt out.",
    "Lindenhof Practice: For help call 030. Reply STOP to opt out.",
    "what does STOP do",
    "What happens if I opt out?",
    "start at 9?",
    "when do we start",
    "I need help with the form",
    "can you help me",
    "info about parking",
    "C?",
    "Confirmed?",
    "please confirm",
    "can you confirm my time",
    "not confirmed",
    "C but can it be later",
    "vitamin C",
    "c u",
    "R u open today",
    "no puedo parar hoy",
    "Wrong number",
    "leave me alone",
    "please call me, do not text",
    "don't contact me at work",
    "do not send me messages at work",
    "I can not make it, cancel",
    "stop calling me",
    "Text me and stop calling me",
    "Should I stop taking my medication?",
    "Confirm 10am",
    "Start texting me again",
    "mi presión está alta y baja",
    "no me escriban al trabajo",
    "estoy en el alto",
]


@pytest.mark.parametrize(("kind", "word"), ALL)
def test_keywords(kind: Kind, word: str) -> None:
    assert read_reply(word) is kind
    assert not says_more(word)


@pytest.mark.parametrize("text", OPT_OUTS)
def test_who_wants_no_more_texts_is_heard(text: str) -> None:
    assert read_reply(text) is Kind.STOP
    assert not says_more(text)


@pytest.mark.parametrize("text", AMONG_OTHERS)
def test_an_opt_out_among_other_words_is_heard_and_the_rest_is_read(text: str) -> None:
    assert read_reply(text) is Kind.STOP
    assert says_more(text)


@pytest.mark.parametrize("text", FOR_A_PERSON)
def test_what_leaves_a_doubt_is_for_a_person(text: str) -> None:
    assert read_reply(text) is Kind.OTHER
    assert not says_more(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("c.", Kind.CONFIRM),
        ("(C)", Kind.CONFIRM),
        ("C 👍", Kind.CONFIRM),
        ("Yes, confirmed. Thank you!", Kind.CONFIRM),
        ("I confirm", Kind.CONFIRM),
        ("r", Kind.CHANGE),
        ("Reschedule please", Kind.CHANGE),
        ("re-schedule", Kind.CHANGE),
        ("Can I reschedule?", Kind.CHANGE),
        ("I need to reschedule my appointment", Kind.CHANGE),
        ("Help please", Kind.HELP),
        ("¿Ayuda?", Kind.HELP),
        ("Start!", Kind.START),
    ],
)
def test_answers(text: str, kind: Kind) -> None:
    assert read_reply(text) is kind


NOISE = st.text('  .!,"“”()*-\u00a0👍🏽🙏\ufe0f', max_size=4)


@given(st.sampled_from(ALL), st.data(), NOISE, NOISE)
def test_case_space_and_punctuation_make_no_difference(
    known: tuple[Kind, str], data: st.DataObject, before: str, after: str
) -> None:
    kind, word = known
    cased = "".join(c.lower() if data.draw(st.booleans()) else c for c in word)
    assert read_reply(before + cased + after) is kind


@given(st.sampled_from(OPT_OUTS + AMONG_OTHERS), st.sampled_from([str.upper, str.lower]))
def test_shouting_makes_no_difference(text: str, case: object) -> None:
    assert callable(case)
    assert read_reply(case(text)) is Kind.STOP


VOCABULARY = sorted({word for text in OPT_OUTS + FOR_A_PERSON for word in text.split()})


@given(st.one_of(st.text(), st.lists(st.sampled_from(VOCABULARY), max_size=40).map(" ".join)))
def test_any_text_has_a_meaning_that_is_in_use(text: str) -> None:
    assert read_reply(text) in set(Kind) - {Kind.RATING}


@given(st.lists(st.sampled_from(["I", "will", "be", "late", "by", "ten", "minutes", "at", "the"])))
def test_words_of_every_day_silence_nobody(words: list[str]) -> None:
    assert read_reply(" ".join(words)) is Kind.OTHER


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("C", Yes.LETTER),
        ("c.", Yes.LETTER),
        ("Yes, C", Yes.LETTER),
        ("I confirm", Yes.LETTER),
        ("take it", Yes.TAKE),
        ("Yes take it!", Yes.TAKE),
        ("I'll take it, thanks", Yes.TAKE),
        ("C, I will take that slot please", Yes.TAKE),
        ("La tomo, gracias", Yes.TAKE),
        ("yes", Yes.BARE),
        ("Sí, por favor", Yes.BARE),
        ("Okay 👍", Yes.BARE),
        ("C?", None),
        ("Can I take it?", None),
        ("take it?", None),
        ("no", None),
        ("I cannot take it", None),
        ("yes but later", None),
        ("yes, 5", None),
        ("5", None),
        ("R", None),
        ("STOP", None),
        ("yes stop", None),
        ("", None),
    ],
)
def test_only_a_clear_yes_is_one(text: str, yes: Yes | None) -> None:
    assert read_yes(text) is yes


@given(st.text())
def test_a_yes_is_no_other_reply(text: str) -> None:
    kind, yes = read_reply(text), read_yes(text)
    assert (kind is Kind.CONFIRM) == (yes is Yes.LETTER)
    assert yes in (None, Yes.LETTER) or kind is Kind.OTHER
    assert yes is None or read_rating(text) is None
