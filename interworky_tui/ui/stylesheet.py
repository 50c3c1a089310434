"""A stylesheet that remembers which rules hold for what, instead of asking each rule again.

To open a modal, Textual works out the styles of each of its widgets several times: as they are
mounted, as the modal is shown, and for each class and focus that changes meanwhile. That took
longer than to paint it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.screen import SystemModalScreen

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.dom import DOMNode

_MOST = 4000
"""Looks that are remembered; a toast's is never seen again."""


class _Found(NamedTuple):
    rules: RulesMap
    flags: tuple[bool, bool, bool, bool]
    taken: RulesMap
    """The rules as the widget's styles hold them."""


class RememberingStylesheet(Stylesheet):
    """Which rules hold for a widget hangs on the types, ids, classes and states of it and all it
    is in. Where it hangs on the widgets beside it, Textual's stylesheet is asked every time.
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._remembered: dict[tuple[object, ...], _Found] = {}
        self._worn: WeakKeyDictionary[DOMNode, tuple[object, ...]] = WeakKeyDictionary()
        self._of: object = None

    def apply(
        self,
        node: DOMNode,
        *,
        animate: bool = False,
        cache: dict[tuple[Any, ...], RulesMap] | None = None,
    ) -> None:
        look = self._look(node)
        found = self._remembered.get(look)
        if found is None:
            fresh: dict[tuple[Any, ...], RulesMap] = {}
            super().apply(node, animate=animate, cache=fresh)
            for rules in fresh.values():
                taken = node.styles.base.get_rules()
                self._remembered[look] = _Found(rules, _flags(node), taken)
        elif self._worn.get(node) == look and node.styles.base._rules == found.taken:
            node.notify_style_update()
        else:
            self._apply(node, found, animate)
        self._worn[node] = look

    def update(self, root: DOMNode, animate: bool = False) -> None:
        super().update(root, animate=animate)
        if isinstance(root, App) and isinstance(root.screen, SystemModalScreen):
            # Textual's own screens are no children of the app, as the palette is one.
            super().update(root.screen, animate=animate)

    def _look(self, node: DOMNode) -> tuple[object, ...]:
        # They are parsed by the first, and only then is the second of now.
        if (self.rules and self._of is not self.rules_map) or len(self._remembered) > _MOST:
            self._remembered.clear()
            self._of = self.rules_map
        look: list[object] = []
        at: Any = node
        while at is not None:
            look += (type(at), at._id, frozenset(at._classes), at._pseudo_classes_cache_key)
            look.append(at.app_focus if isinstance(at, App) else getattr(at, "can_focus", None))
            at = at._parent
        return tuple(look)

    def _apply(self, node: DOMNode, found: _Found, animate: bool) -> None:
        base = node.styles.base
        (
            node._has_hover_style,
            node._has_focus_within,
            node._has_order_style,
            node._has_odd_or_even,
        ) = found.flags
        if base._rules or node._is_mounted:
            self.replace_rules(node, found.rules, animate=animate)
        else:
            base.merge_rules(found.taken)
        self._process_component_classes(node)


def _flags(node: DOMNode) -> tuple[bool, bool, bool, bool]:
    return (
        node._has_hover_style,
        node._has_focus_within,
        node._has_order_style,
        node._has_odd_or_even,
    )
