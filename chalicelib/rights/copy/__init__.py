"""The rights of access and portability (Art. 15, 20 GDPR): a copy of a subject's data as of an instant."""
