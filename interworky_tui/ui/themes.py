"""Two dark and two light themes. Every text colour has a contrast of 4.5 or better."""

from typing import TypedDict, Unpack

from textual.theme import Theme


class _Colours(TypedDict):
    primary: str
    secondary: str
    accent: str
    warning: str
    error: str
    success: str
    foreground: str
    background: str
    surface: str
    panel: str


def _theme(
    name: str,
    dark: bool,
    *,
    muted: str,
    cursor: str,
    cursor_text: str,
    **colours: Unpack[_Colours],
) -> Theme:
    variables = {
        "text-muted": muted,
        "text-disabled": muted,
        "foreground-muted": muted,
        "foreground-disabled": muted,
        "input-cursor-background": colours["foreground"],
        "input-selection-background": cursor,
        "block-cursor-background": cursor,
        "block-cursor-foreground": cursor_text,
        "block-cursor-text-style": "bold",
        "desk-cursor": cursor,
        "desk-cursor-text": cursor_text,
        "desk-muted": muted,
        "border": colours["primary"],
        "border-blurred": muted,
        "scrollbar": muted,
        "scrollbar-background": colours["surface"],
        "footer-key-foreground": colours["primary"],
    }
    return Theme(name=name, dark=dark, variables=variables, **colours)


THEMES = (
    _theme(
        "desk-dark",
        True,
        primary="#6cb6ff",
        secondary="#b9a3ff",
        accent="#5fd7c7",
        warning="#f2c14e",
        error="#ff8f80",
        success="#7ddc8b",
        foreground="#e6e9ee",
        background="#12161c",
        surface="#181d25",
        panel="#222934",
        muted="#9aa7b8",
        cursor="#264f78",
        cursor_text="#ffffff",
    ),
    _theme(
        "desk-dusk",
        True,
        primary="#f5a97f",
        secondary="#c6a0f6",
        accent="#8bd5ca",
        warning="#eed49f",
        error="#f59aa8",
        success="#a6da95",
        foreground="#e8e3e3",
        background="#1e1a20",
        surface="#262128",
        panel="#332c36",
        muted="#b0a4b4",
        cursor="#5b3a4e",
        cursor_text="#ffffff",
    ),
    _theme(
        "desk-light",
        False,
        primary="#0b57a4",
        secondary="#6139a8",
        accent="#00695c",
        warning="#7a4a00",
        error="#b3261e",
        success="#1b6b2c",
        foreground="#1a1d21",
        background="#fbfcfe",
        surface="#f1f4f8",
        panel="#e2e8f0",
        muted="#4c5866",
        cursor="#0b57a4",
        cursor_text="#ffffff",
    ),
    _theme(
        "desk-paper",
        False,
        primary="#7a3e12",
        secondary="#5d4294",
        accent="#1f5f5b",
        warning="#6f4500",
        error="#9f1d1d",
        success="#2f5d1e",
        foreground="#2b2620",
        background="#fdf8ee",
        surface="#f6eedd",
        panel="#ebdfc6",
        muted="#5c5242",
        cursor="#7a3e12",
        cursor_text="#ffffff",
    ),
)

NAMES = tuple(theme.name for theme in THEMES)


def following(name: str) -> str:
    """The next theme's name, round and round."""
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)] if name in NAMES else NAMES[0]
