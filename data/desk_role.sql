-- What a desk's role must be allowed on PostgreSQL: the least with which all but an upgrade works.
--
-- To be run by the owner of the office's tables, once they are there, with the name of a role
-- that may log in:
--
--     psql --set desk=front_desk --file desk_role.sql "$OFFICE"

GRANT USAGE ON SCHEMA public TO :"desk";
GRANT SELECT, INSERT, UPDATE ON
    public.api_call,
    public.api_key,
    public.appointment,
    public.client,
    public.inbound_sms,
    public.notification,
    public.slot_offer,
    public.slot_offer_to,
    public.survey_note
    TO :"desk";
GRANT SELECT, INSERT ON public.appointment_event TO :"desk";
GRANT SELECT, INSERT, UPDATE, DELETE ON
    public.desk_session,
    public.feedback_request,
    public.office_fact,
    public.sms_opt_out,
    public.sms_receipt,
    public.suppressed_number,
    public.survey_link,
    public.survey_response
    TO :"desk";
GRANT SELECT ON public.alembic_version TO :"desk";
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO :"desk";

-- And on what an upgrade by the same owner adds.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"desk";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO :"desk";
