"""Owns the declaration of what `inspections` gives versions to, and of what it knows of others'."""

from shared.messaging.aggregates import Held, Owned, Staying

OWNED = (
    Owned("inspection_id", "inspections", "id", "version"),
    Owned("finding_id", "findings", "id", "version"),
    Owned("reinspection_id", "reinspections", "id", "version", changing="state = 'open'"),
)
HELD = (
    Held("grid", "case_id", "findings", "case_id", "case_version"),
    Held("grid", "area_code", "areas", "code", "version"),
)
STAYING = (
    Staying("finding_steps", "finding_version", "history; the next one stands above the leap"),
    Staying("finding_steps", "case_version", "history of what findings hold"),
    Staying("reinspections", "case_version", "the one that its finding held when it was opened"),
    Staying("checklists", "current_version", "names a row of checklist_versions"),
    Staying("checklist_versions", "version", "content that inspections name, and nobody changes"),
)
