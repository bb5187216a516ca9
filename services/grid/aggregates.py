"""Owns the declaration of what `grid` gives versions to, and of what it knows of others'."""

from shared.messaging.aggregates import Column, Held, Owned, Staying

OWNED = (
    Owned("case_id", "cases", "id", "version"),
    Owned("post_id", "posts", "id", "version"),
    Owned("figure_id", "population_figures", "id", "version", "state = 'awaiting'"),
    Owned("compound_id", "compounds", "id", "version"),
    Owned("group_id", "groups", "id", "version"),
    Owned("matrix_id", "matrices", "id", "version"),
    Owned("area_code", "areas", "code", "version"),
)
HELD = (
    Held("inspections", "finding_id", "cases", "finding_id"),
    Held("inspections", "reinspection_id", "case_steps", "cause_id"),
)
COUNTED = (
    Column("case_counters", "last_sequence"),
    # no event tells of buildings; their callers have seen versions all the same
    Column("buildings", "version"),
)
OPENING = (
    """
    INSERT INTO case_counters (district_code, day, last_sequence)
    SELECT code, CAST(CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Shanghai' AS date), 0
    FROM areas WHERE level = 'district'
    ON CONFLICT DO NOTHING
    """,
)
"""Of a day that began after the backup no counter is there: its numbers were given out, too."""
STAYING = tuple(
    Staying(table, "version", "history; the next one stands above the leap")
    for table in (
        "post_versions",
        "matrix_versions",
        "matrix_lines",
        "compound_versions",
        "building_versions",
        "group_versions",
    )
)
