"""The fields of Stream's export: those disclosed, and those withheld, by ground. No I/O.

Any other field is unknown. A field is disclosed only if stream/export/redaction reads it as well.
"""

from chalicelib.stream.export.parts import Ground, StreamCopyKind, WithheldAtStream

LINE = ("user", "messages", "reactions", "calls", "duration")
_DISCLOSED = {
    "profile": (
        "id name image language invisible created_at updated_at last_active deactivated_at mutes "
        "blocked_user_ids channel_mutes devices"
    ),
    "device": "push_provider created_at",
    "message": (
        "id cid channel text created_at message_text_updated_at deleted_at mentioned_users attachments "
        "parent_id quoted_message quoted_message_id reaction_counts"
    ),
    "attachment": "type title name fallback asset_url image_url title_link og_scrape_url mime_type file_size",
    "reaction": "type score created_at message_id",
    "call": "id type created_at starts_at ended_at",
}
_WITHHELD = {
    "profile": {
        Ground.MODERATION: "banned ban_expires shadow_banned",
        Ground.INTERNAL: (
            "role roles teams teams_role online revoke_tokens_issued_before deleted_at unread_count "
            "total_unread_count unread_channels unread_threads"
        ),
    },
    "device": {
        Ground.SECRET: "id voip",
        Ground.INTERNAL: "push_provider_name disabled disabled_reason",
        Ground.REPEATED: "user_id",
    },
    "message": {
        Ground.MODERATION: (
            "shadowed moderation moderation_details before_message_send_failed restricted_visibility"
        ),
        Ground.OTHERS: "latest_reactions thread_participants pinned pinned_at pinned_by pin_expires member",
        Ground.INTERNAL: "type silent show_in_channel command updated_at",
        Ground.REPEATED: (
            "user html i18n image_labels own_reactions reaction_scores reaction_groups reply_count "
            "deleted_reply_count"
        ),
    },
    "attachment": {
        Ground.REPEATED: (
            "author_name author_link author_icon text pretext thumb_url color footer footer_icon fields "
            "actions original_width original_height waveform_data giphy"
        ),
    },
    "reaction": {Ground.REPEATED: "user user_id updated_at"},
    "call": {
        Ground.OTHERS: "created_by session members blocked_user_ids custom",
        Ground.INTERNAL: (
            "cid channel_cid updated_at settings team backstage join_ahead_time_seconds current_session_id "
            "recording transcribing captioning thumbnails"
        ),
        Ground.SECRET: "ingress egress",
    },
}
_ALWAYS = (
    WithheldAtStream("conversation", "all but its id, type and name", Ground.OTHERS),
    WithheldAtStream("mentioned person", "all but the name", Ground.OTHERS),
    WithheldAtStream("quoted message", "its text and all but its id, author's name and time", Ground.OTHERS),
)
_NOT_PORTABLE = (
    WithheldAtStream("profile", "mutes, blocks and devices", Ground.NOT_PORTABLE),
    WithheldAtStream("conversation", "name", Ground.OTHERS),
    WithheldAtStream("quoted message", "the reference", Ground.OTHERS),
    WithheldAtStream(
        "message", "others' reactions, and which message of others it replies to", Ground.OTHERS
    ),
    WithheldAtStream("reaction", "which message of others it is to", Ground.OTHERS),
)

KNOWN = {
    what: frozenset(disclosed.split()).union(*(names.split() for names in _WITHHELD[what].values()))
    for what, disclosed in _DISCLOSED.items()
}


def withheld(shape: StreamCopyKind) -> tuple[WithheldAtStream, ...]:
    """The fields that copies of this kind withhold, with the ground; the same for every subject."""
    named = tuple(
        WithheldAtStream(what, name, ground)
        for what, grounds in _WITHHELD.items()
        for ground, names in grounds.items()
        for name in names.split()
    )
    return named + _ALWAYS + (_NOT_PORTABLE if shape is StreamCopyKind.PORTABILITY else ())
