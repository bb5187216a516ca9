"""Owns what messages say in English: (subject, body) by template, and the words within them."""

TEMPLATES: dict[str, tuple[str, str]] = {
    "case_reported": (
        "[Reported] {area}: {title} - please verify",
        "A problem was reported in {area} ({at}): {title}.\n"
        "Grid officer and community, please verify it on the spot: file it when it is so, refuse"
        " it with a reason when it isn't.",
    ),
    "case_dispatched": (
        "[{kind}] {area}: {title} - due by {deadline}",
        "{area}: {title}. Case number {case_number}.\n"
        "Territorial owner: {territorial_post_name}; functional owner: {functional_post_name}.\n"
        "Please have it mended and ready for the check on the spot by {deadline}.",
    ),
    "case_resolved": (
        "[To check] {area}: {title} - reported as mended",
        "Case {case_number} ({area}: {title}) was reported as mended at {at}.\n"
        "Please have it checked on the spot by {deadline}: close it when the problem is gone,"
        " return it with a reason when it isn't.",
    ),
    "case_returned": (
        "[Returned] {area}: {title} - due by {deadline}",
        "The check on the spot found case {case_number} ({area}: {title}) not mended; it was"
        " returned at {at}.\nReason: {reason}\nPlease have it mended by {deadline}.",
    ),
    "case_reopened": (
        "[{kind} again] {area}: {title} - due by {deadline}",
        "A re-inspection found case {case_number} ({area}: {title}) not mended; it was reopened"
        " at {at}.\nReason: {reason}\nPlease have it mended by {deadline}.",
    ),
    "case_closed": (
        "[Closed] {area}: {title} - solved",
        "Case {case_number} ({area}: {title}) was checked on the spot and closed {overdue} at"
        " {at}.\nThank you for your part in it.",
    ),
    "reinspection_opened": (
        "[To re-inspect] {area}: {title}",
        "{area}: {title}. The rectification was closed at {at}; it is to be inspected again.\n"
        "Please, an inspector who had no part in finding, mending or checking it.",
    ),
    "activity_published": (
        "[Volunteers wanted] {title} ({area}, {starts_at})",
        "{area} calls volunteers: {title}.\n"
        "From {starts_at} to {ends_at}; place: {place}; places: {places}.\n"
        "You are welcome to sign up.",
    ),
    "activity_cancelled": (
        "[Cancelled] {title} ({area}, {starts_at})",
        'The activity "{title}" that you signed up for ({starts_at} to {ends_at}, {place}) will'
        " not take place.\nReason: {reason}\nWe are sorry for the trouble.",
    ),
    "hours_recorded": (
        "[Hours] {activity_title}: {minutes} recorded",
        'Your service in "{activity_title}" ({started_at} to {ended_at}), {minutes}, went into'
        " the ledger at {at}.\nThank you for giving it.",
    ),
    "finding_closed": (
        "[Finding closed] {area}: {title} - mended",
        "{area}: {title}. The finding was mended, passed its re-inspection and was closed"
        " {overdue} at {at}.\nThanks to everyone who had a part in it.",
    ),
}

KINDS = {"rectification": "Rectification", "street_problem": "Street problem"}
OTHER_KIND = "Case"
OVERDUE = {True: "after its deadline", False: "in time"}
FOOTER = "This message was sent by Linli; replies are not read. Sign in to see all your messages."
