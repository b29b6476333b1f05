"""The reasons of refusals, wholly or in part."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a request is wholly or partly refused: a closed list, in the terms of DPV where it has one.

    `rights/answers/reasons` says which of them each right permits.
    """

    IDENTITY_FAILURE = "JustificationA12IdentityFailure"
    MANIFESTLY_UNFOUNDED = "JustificationA12ManifestlyUnfounded"
    MANIFESTLY_EXCESSIVE = "JustificationA12ManifestlyExcessive"
    LEGALLY_REQUIRED = "JustificationA17LegallyRequired"
    LEGAL_CLAIMS = "JustificationA17LegalClaims"
    FREEDOM_OF_EXPRESSION = "JustificationA17FreedomOfExpression"
    PUBLIC_INTEREST = "JustificationA17PublicInterest"
    PUBLIC_HEALTH = "JustificationA17PublicHealth"
    ARCHIVING = "JustificationA17Archiving"
    OTHERS_IN_COPY = "A15RightsOfOthers"
    ACCURATE = "A16Accurate"
    NO_GROUND_TO_RESTRICT = "A18NoGround"
    NOT_PORTABLE = "A20NotPortable"
    OTHERS_IN_TRANSFER = "A20RightsOfOthers"
    COMPELLING_GROUNDS = "A21CompellingGrounds"
    NEEDED_FOR_CLAIMS = "A21LegalClaims"
    OTHER_BASIS = "A21OtherBasis"
