"""What a code states, in the few words rules need: the names of `Code.subject` and their values.

Every format is reduced to these, so that one rule fits all of them. They identify nobody. Dates are
ISO 8601 (`2021-10-01`), moments RFC 3339 in UTC (`2021-10-01T08:15:00Z`), numbers decimal.
"""

from enum import StrEnum


class Fact(StrEnum):
    """Names in `Code.subject` that rules may ask about."""

    CATEGORY = "category"  # of people: resident, worker, visitor ...; from passes of ours
    COLOUR = "colour"  # a health code's: green, yellow, red, grey
    ITINERARY = "itinerary"  # an itinerary code's: green, yellow, orange, red, grey
    VACCINATION_DOSES = "vaccination_doses"  # received in this course
    VACCINATION_NEEDED = "vaccination_needed"  # doses the course has; absent where nobody says
    VACCINATION_DATE = "vaccination_date"  # of the last dose
    VACCINATION_PRODUCT = "vaccination_product"
    TEST_RESULT = "test_result"  # negative, positive, inconclusive
    TEST_KIND = "test_kind"  # naat, antigen, other
    TEST_TAKEN = "test_taken"  # moment the sample was taken, or its day where no more is said
    RECOVERY_DATE = "recovery_date"  # of the first positive result
    RECOVERY_FROM = "recovery_from"
    RECOVERY_UNTIL = "recovery_until"  # day
    EU_RULES = "eu_rules"  # what the EU's own rule files said: passed, failed, open
    COUNTRY = "country"  # that vouches for it
    ANSWER_AGE_S = "answer_age_s"  # seconds since the platform gave this answer, where it was kept
    PIECES = "pieces"  # of a code split over several pictures: `2/3` are there
    PLACE = "place"  # of a venue code
    VENUE_ID = "venue_id"
    ADDRESS = "address"


class Colour(StrEnum):
    """What a health or itinerary code may show; everything else is no colour."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    GREY = "grey"


class Result(StrEnum):
    """Of a test."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    INCONCLUSIVE = "inconclusive"


class TestKind(StrEnum):
    """How a test was made."""

    NAAT = "naat"
    ANTIGEN = "antigen"
    OTHER = "other"

    __test__ = False
