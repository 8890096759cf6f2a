"""What publishing, which verifies the assertions of other issuers, and auth, which makes tokens for them, agree on."""

LEEWAY_SECONDS = 30
"""How far the clocks of an issuer and of this platform may be apart."""

KEPT_AFTER_EXPIRY_SECONDS = LEEWAY_SECONDS + 300
"""How long a used assertion is remembered after its expiry: as long as publishing might take it, and some minutes for
clocks of this platform that differ among themselves. Verification and memory both follow from `LEEWAY_SECONDS`."""

MAX_ASSERTION_LIFE_SECONDS = 3600
TOKEN_LIFE_SECONDS = 900

MAX_JTI_LENGTH = 255
MAX_ISSUER_LENGTH = 255
