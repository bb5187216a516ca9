"""Owns the list of what `volunteers` keeps sealed: of persons, and of itself."""

from shared.privacy.fields import PersonalField, SealedColumn

REAL_NAME = PersonalField("volunteers", "id", "id", "real_name", "name")
ID_NUMBER = PersonalField(
    "volunteers", "id", "id", "id_number", "id_number", index_column="id_number_index"
)
PERSONAL_FIELDS = (REAL_NAME, ID_NUMBER)
CHECK_IN_CODE = SealedColumn("activities", "id", "check_in_code", "activities.check_in_code {id}")
SEALED_COLUMNS = (CHECK_IN_CODE,)
