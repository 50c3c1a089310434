"""Mending what is on file of a client and of a request, both or neither."""

from interworky_tui.domain.appointment import Client
from interworky_tui.domain.language import clean_language
from interworky_tui.services import clients, scheduling
from interworky_tui.services.context import Context


def edit(
    office: Context,
    client_id: int,
    appointment_id: int,
    *,
    name: str,
    phone: str,
    email: str,
    service: str,
    note: str,
    language: str | None = None,
    client_version: int | None = None,
    version: int | None = None,
) -> Client:
    """The client and the request's own words in one transaction; tells nobody of it.

    ``language`` None leaves it as it is, and "" is the office's own. ``version`` is the
    appointment's. Raises NotFound, IllegalMove, BadInput by field, or ChangedElsewhere, and then
    nothing has changed.
    """
    contact = clients.clean_contact(office, name, phone, email)
    words = scheduling.clean_words(service, note)
    spoken = language if language is None else clean_language(language) or ""
    with office.database.write() as connection:
        mended = clients.edit_within(
            connection, office, client_id, contact, language=spoken, version=client_version
        )
        scheduling.edit_within(connection, office, appointment_id, words, version=version)
    return mended
