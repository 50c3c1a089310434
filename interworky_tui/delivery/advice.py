"""What a person can do about a failed channel: each ``detail`` of the senders in one sentence."""

import re
from dataclasses import dataclass

from interworky_tui.delivery.channel import FailureKind, SendFailed
from interworky_tui.domain.events import Channel


@dataclass(frozen=True, slots=True)
class Rule:
    """The first whose ``pattern`` matches all of a detail gives the sentence."""

    pattern: str
    sentence: str


_CLOCK = "; check the date and time of this machine."
_LATER = " just now; wait a few minutes."
_OFFLINE = "The internet cannot be reached from this machine; check the network."

EMAIL = (
    Rule("no host", "No mail server is set; give its host."),
    Rule("no password", "The password of the mail server is missing; give it by setup."),
    Rule(
        "a user or password beyond ASCII",
        "The user or the password of the mail server holds letters beyond ASCII; check both for a"
        " slip of the keyboard.",
    ),
    Rule(
        "the office's name or address",
        "The office's name or email address cannot stand in an email; correct it in [office].",
    ),
    Rule(
        "not a possible email",
        "This cannot be sent as an email: its address or its subject is not possible; correct it.",
    ),
    Rule(
        "a mail server cannot be asked",
        "Nobody can tell whether this email arrived; ask before you send it again.",
    ),
    Rule(
        r"SMTPAuthenticationError 534.*",
        "The mail server wants another way to log in; make an app password at the provider and"
        " give that one.",
    ),
    Rule(
        r".* (530|538)( .*)?",
        "The mail server wants a login by TLS first; set user and password, and security to"
        " starttls or tls.",
    ),
    Rule(
        r"(SMTPAuthenticationError|MAIL|RCPT|DATA|content) 5(34|35).*|SMTPAuthenticationError 5.*",
        "The mail server does not accept the user or the password; check both (some providers"
        " want an app password).",
    ),
    Rule(r"SMTPAuthenticationError .*", "The mail server could not check the login" + _LATER),
    Rule(
        "SMTPNotSupportedError STARTTLS",
        "The mail server offers no STARTTLS at this port; use the port for it (mostly 587), or"
        " security tls (mostly port 465).",
    ),
    Rule(
        "SMTPNotSupportedError.*",
        "The mail server offers no login at this port that works here; use port 587 with starttls"
        " or 465 with tls, or leave the user empty if none is needed.",
    ),
    Rule(
        r"SSLCertVerificationError: .*(mismatch|not valid for).*",
        "The certificate of the mail server is for another name; give the host just as the"
        " provider writes it.",
    ),
    Rule(
        r"SSLCertVerificationError: certificate (has expired|is not yet valid)",
        "The certificate of the mail server is not valid today; if others are, tell the provider"
        + _CLOCK,
    ),
    Rule(
        "SSLCertVerificationError.*",
        "The certificate of the mail server is not trusted here; check the host, or install the"
        " authority that signed it on this machine.",
    ),
    Rule(
        "SSLError: (WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE)",
        "What answers at this port does not begin with TLS; use security starttls (mostly port"
        " 587), or the port for tls (mostly 465).",
    ),
    Rule(
        "SSLError.*",
        "No secure connection to the mail server came about; check host, port and security, or"
        " ask the provider for TLS 1.2 or newer.",
    ),
    Rule(
        "ConnectionRefusedError",
        "No mail server listens there; check host and port (mostly 587 with starttls, 465 with"
        " tls).",
    ),
    Rule(r"gaierror EAI_AGAIN|\w+ (ENETUNREACH|ENETDOWN|EHOSTUNREACH)", _OFFLINE),
    Rule(
        "gaierror.*",
        "The mail server's name is not known; check the host for a slip of the keyboard, and the"
        " network.",
    ),
    Rule(
        "UnicodeError|UnicodeEncodeError|ValueError",
        "The mail server's host is not a possible name; correct it.",
    ),
    Rule(
        r"(SMTPServerDisconnected )?TimeoutError",
        "The mail server does not answer in time; check host and port (mostly 587 with starttls,"
        " 465 with tls), and the network.",
    ),
    Rule(
        "SMTPConnectError -1",
        "What answers at this port is no mail server; check host and port.",
    ),
    Rule(
        "(SMTPServerDisconnected|SSLEOFError|SSLZeroReturnError|SSLSyscallError"
        "|ConnectionResetError|ConnectionAbortedError|BrokenPipeError).*",
        "What answers at this port hung up, as no mail server should; check host, port and"
        " security (mostly 587 with starttls, 465 with tls), or try later.",
    ),
    Rule(
        r"SMTP\w+ 5.*",
        "The mail server does not talk to this machine; ask the provider whether it may send from"
        " here.",
    ),
    Rule(
        r"MAIL 552.*|.* 552 5\.3\.4|content 552.*",
        "The email is too big for the mail server; shorten its text.",
    ),
    Rule(
        r"MAIL 5.*",
        "The mail server does not accept the office's address as a sender; check [office] email"
        " and the login.",
    ),
    Rule(r"RCPT 552.*|RCPT 5\d\d 5\.2\.2", "That mailbox is full; reach the person another way."),
    Rule(
        r"RCPT 55\d 5\.7.*|RCPT 554.*",
        "The mail server may not or will not deliver to that address; ask the provider, or use"
        " another address.",
    ),
    Rule(r"RCPT 5.*", "That email address does not exist; correct it and try again."),
    Rule(
        r"(content|DATA) 5.*",
        "The mail server refused the content of the email, perhaps as unwanted mail; ask the"
        " provider.",
    ),
    Rule(r"\w+ 4\d\d.*", "The mail server is too busy" + _LATER),
)

SMS = (
    Rule(
        "account_sid or auth_token is (missing|not ASCII)",
        "The SMS account's account_sid or auth_token is missing or misspelt; give both as they"
        " stand in the provider's console.",
    ),
    Rule(
        "from_number or messaging_service_sid is missing",
        "There is nothing to text from; set from_number or messaging_service_sid.",
    ),
    Rule(
        "api_base_url must be .*|InvalidURL|InvalidSchema|MissingSchema",
        "The api_base_url is not possible; leave it empty, or give it like https://host.",
    ),
    Rule(
        "the account is .*",
        "The SMS account is not active; see why in the provider's console.",
    ),
    Rule(
        r"from_number is not the account's|HTTP \d+, code (21606|21659|21660)",
        "The from_number is not one of the SMS account's that can send; take one from the"
        " provider's console.",
    ),
    Rule(
        r"from_number cannot send texts|HTTP \d+, code 21661",
        "The from_number cannot send texts; take one of the account's that can.",
    ),
    Rule(
        r"HTTP \d+, code (21212|21603)",
        "The from_number is not a possible one; write it like +49 and the rest, or use"
        " messaging_service_sid.",
    ),
    Rule(
        r"HTTP \d+, code (21701|21703|21705)",
        "The messaging_service_sid is not known, or has no number to send from; check it in the"
        " provider's console.",
    ),
    Rule(
        r"HTTP \d+, code (20005|30002)",
        "The SMS account is not active; see why in the provider's console.",
    ),
    Rule(
        r"HTTP 401.*|HTTP \d+, code 20003",
        "The SMS provider does not accept the account_sid or the auth_token; copy both again from"
        " its console.",
    ),
    Rule(
        r"HTTP \d+, code 21408",
        "The SMS account may not text to that country; allow it in the provider's console.",
    ),
    Rule(
        r"HTTP \d+, code 21608",
        "The SMS account is on trial and may only text to numbers that are verified; verify this"
        " one in the provider's console, or upgrade.",
    ),
    Rule(r"HTTP \d+, code 21610", "That number has asked for no more texts."),
    Rule(
        r"HTTP \d+, code 21614",
        "That number is not a mobile phone's; correct it or reach the person by email.",
    ),
    Rule(r"HTTP \d+, code 21211", "That phone number does not exist; correct it and try again."),
    Rule(
        r"HTTP \d+, code 21612",
        "That number cannot be reached from the office's; ask the SMS provider for one that can.",
    ),
    Rule(r"HTTP \d+, code 2161[79]|not a possible text", "The text is too long or not possible."),
    Rule(
        r"HTTP 429.*|HTTP \d+, code (20429|21611)",
        "The SMS provider takes no more texts" + _LATER,
    ),
    Rule(
        "HTTP 403.*",
        "The SMS account may not do this; check its rights in the provider's console.",
    ),
    Rule(
        "HTTP 404.*",
        "The SMS provider does not know the account or its number; check account_sid,"
        " messaging_service_sid and api_base_url.",
    ),
    Rule("HTTP (408|425|5..).*", "The SMS provider has a disturbance" + _LATER),
    Rule(
        r"HTTP (2|3)\d\d.*|JSONDecodeError|ValueError|TypeError|KeyError|AttributeError"
        "|TooManyRedirects|ContentDecodingError",
        "What answers is not the SMS provider; check api_base_url, and whether this network asks"
        " for a login in the browser.",
    ),
    Rule(
        r"SSLError: .*(mismatch|not valid for).*",
        "The certificate of the SMS provider's server is for another name; check api_base_url and"
        " the network.",
    ),
    Rule(
        r"SSLError: certificate (has expired|is not yet valid).*",
        "The certificate of the SMS provider's server is not valid today" + _CLOCK,
    ),
    Rule(
        r"SSLError: [A-Z0-9_]+",
        "No secure connection to the SMS provider came about; check api_base_url, and whether this"
        " network asks for a login in the browser.",
    ),
    Rule(
        "SSLError.*",
        "The certificate of the SMS provider's server is not trusted here; check api_base_url,"
        " and whether this network looks into what is sent.",
    ),
    Rule("ProxyError.*", "The proxy of this network lets nothing through; check its settings."),
    Rule(
        r"ConnectionError (NameResolutionError|ENETUNREACH|ENETDOWN|EHOSTUNREACH)",
        "The SMS provider cannot be found; check the network (and api_base_url, if it is set).",
    ),
    Rule(
        "ConnectionError ECONNREFUSED",
        "Nobody listens where texts are handed in; check api_base_url and the network.",
    ),
    Rule(
        "(Connect|Read)Timeout|ConnectionError.*|ChunkedEncodingError",
        "The SMS provider does not answer; check the network.",
    ),
    Rule(
        r"the account keeps no bodies|more than \d+ texts to look through",
        "Nobody can tell whether this text arrived; look into the provider's console before you"
        " send it again.",
    ),
)

_RULES = {Channel.EMAIL: EMAIL, Channel.SMS: SMS}
_FAR_END = {Channel.EMAIL: "The mail server", Channel.SMS: "The SMS provider"}
_GENERAL = {
    FailureKind.PERMANENT: "{} refused this message for good; check what it says and to whom.",
    FailureKind.CONFIGURATION: "{} does not accept how it is set up here; go through setup again.",
    FailureKind.RETRY: "{} cannot be reached" + _LATER,
    FailureKind.UNREACHABLE: "{} cannot be reached" + _LATER,
    FailureKind.AMBIGUOUS: "{} gave no clear answer; the message may have left.",
    FailureKind.BLIND: "{} cannot say whether the message has left.",
}


def advice(channel: Channel, failure: SendFailed) -> str:
    """One plain sentence: what is wrong, and what to do.

    It holds no address, number or secret, so that it may be shown and logged anywhere.
    """
    for rule in _RULES[channel]:
        if re.fullmatch(rule.pattern, failure.detail):
            return rule.sentence
    return _GENERAL[failure.kind].format(_FAR_END[channel])
