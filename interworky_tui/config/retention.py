"""After how long the office forgets the clients whom it has not seen again."""

from typing import Annotated

from interworky_tui.config.section import Section, doc

_LONGEST = 36_500


class Retention(Section, frozen=True):
    """In days from the visit, or from the day that was wished for; 0 keeps them for ever.

    A client is forgotten once every visit of theirs is so old; one that is still open keeps them.
    """

    cancelled: Annotated[
        int, doc("Days to keep a client after what was cancelled; 0 is for ever", ge=0, le=_LONGEST)
    ] = 0
    attended: Annotated[
        int, doc("After a visit of which no feedback was asked for", ge=0, le=_LONGEST)
    ] = 0
    feedback_pending: Annotated[
        int, doc("After a visit whose feedback never came", ge=0, le=_LONGEST)
    ] = 0
    feedback_collected: Annotated[
        int, doc("After a visit whose feedback came", ge=0, le=_LONGEST)
    ] = 0
