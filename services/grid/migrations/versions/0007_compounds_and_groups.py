"""Add compounds, their buildings, and dated groups: zones, joint committees, resident groups.

`…_states` and `group_members` say what holds on which days and are written anew at a change;
`…_versions` keep what was recorded each time.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables; the code of step 0006 doesn't know them."""
    _create_compounds()
    _create_compound_states()
    _create_buildings()
    _create_groups()
    _create_group_members()
    _create_followings()
    for table, key in (("compound", "compounds"), ("group", "groups")):
        _create_versions(f"{table}_versions", key)
    for table in ("compound_versions", "group_versions", "building_versions", "area_followings"):
        _let_nobody_change(table)


def _create_compounds() -> None:
    _create_dated("compounds", "")


def _create_dated(table: str, columns: str) -> None:
    op.execute(f"""
        CREATE TABLE {table} (
            id uuid NOT NULL CONSTRAINT pk_{table} PRIMARY KEY,
            code text COLLATE "C" NOT NULL CONSTRAINT uq_{table}_code UNIQUE,
            {columns}
            version bigint NOT NULL CONSTRAINT ck_{table}_version CHECK (version >= 1),
            next_change_on date,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute(f"""
        CREATE INDEX ix_{table}_next_change_on ON {table} (next_change_on, code)
        WHERE next_change_on IS NOT NULL
    """)


def _create_compound_states() -> None:
    op.execute("""
        CREATE TABLE compound_states (
            code text COLLATE "C" NOT NULL
                CONSTRAINT fk_compound_states_code REFERENCES compounds (code),
            since date NOT NULL,
            until date,
            name text NOT NULL CONSTRAINT ck_compound_states_name CHECK (name <> ''),
            community_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_compound_states_community_code REFERENCES areas (code),
            cell_code text COLLATE "C"
                CONSTRAINT fk_compound_states_cell_code REFERENCES areas (code),
            kind text NOT NULL CONSTRAINT ck_compound_states_kind CHECK (kind IN (
                'commodity', 'old_estate', 'unit_housing', 'affordable', 'villagers')),
            households integer NOT NULL,
            floor_area_m2 integer NOT NULL,
            buildings_count integer NOT NULL,
            year_built integer,
            renewal_state text NOT NULL CONSTRAINT ck_compound_states_renewal_state CHECK (
                renewal_state IN ('none', 'listed', 'under_way', 'done')),
            renewal_year integer,
            renewal_basis text,
            management text NOT NULL CONSTRAINT ck_compound_states_management CHECK (
                management IN ('professional', 'community_run', 'self_managed', 'none')),
            company text,
            entrances jsonb NOT NULL,
            facilities jsonb NOT NULL,
            lights_total integer,
            lights_installed integer,
            lights_by_building boolean NOT NULL,
            active boolean NOT NULL
        )
    """)
    _constrain_compound_states()
    op.execute("""
        CREATE INDEX ix_compound_states_community_code ON compound_states (community_code, code)
    """)
    op.execute("""
        CREATE INDEX ix_compound_states_cell_code ON compound_states (cell_code)
        WHERE cell_code IS NOT NULL
    """)


def _constrain_compound_states() -> None:
    op.execute("""
        ALTER TABLE compound_states
            ADD CONSTRAINT pk_compound_states PRIMARY KEY (code, since),
            ADD CONSTRAINT ck_compound_states_period CHECK (since < until),
            ADD CONSTRAINT ck_compound_states_community CHECK (length(community_code) = 12),
            ADD CONSTRAINT ck_compound_states_cell CHECK (length(cell_code) = 15),
            ADD CONSTRAINT ck_compound_states_counts CHECK (
                households >= 0 AND floor_area_m2 >= 0 AND buildings_count >= 0),
            ADD CONSTRAINT ck_compound_states_renewal CHECK (
                (renewal_state = 'none') = (renewal_year IS NULL)),
            ADD CONSTRAINT ck_compound_states_lights CHECK (
                num_nulls(lights_total, lights_installed) IN (0, 2)
                AND lights_installed BETWEEN 0 AND lights_total
                AND (NOT lights_by_building OR lights_total IS NOT NULL)),
            ADD CONSTRAINT ex_compound_states_one_at_a_time
                EXCLUDE USING gist (code WITH =, daterange(since, until) WITH &&)
    """)


def _create_buildings() -> None:
    op.execute("""
        CREATE TABLE buildings (
            id uuid NOT NULL CONSTRAINT pk_buildings PRIMARY KEY,
            compound_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_buildings_compound_code REFERENCES compounds (code),
            number text COLLATE "C" NOT NULL,
            name text NOT NULL,
            units integer NOT NULL,
            floors integer NOT NULL,
            households integer NOT NULL,
            lights_total integer,
            lights_installed integer,
            active boolean NOT NULL,
            version bigint NOT NULL CONSTRAINT ck_buildings_version CHECK (version >= 1),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT uq_buildings_number UNIQUE (compound_code, number),
            CONSTRAINT ck_buildings_counts CHECK (units >= 0 AND floors >= 0 AND households >= 0),
            CONSTRAINT ck_buildings_lights CHECK (
                num_nulls(lights_total, lights_installed) IN (0, 2)
                AND lights_installed BETWEEN 0 AND lights_total)
        )
    """)
    op.execute("""
        CREATE TABLE building_versions (
            building_id uuid NOT NULL
                CONSTRAINT fk_building_versions_building_id REFERENCES buildings (id),
            version bigint NOT NULL,
            content jsonb NOT NULL,
            changed_by uuid NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT pk_building_versions PRIMARY KEY (building_id, version)
        )
    """)


def _create_groups() -> None:
    kinds = "kind IN ('zone', 'joint_committee', 'resident_group', 'sector')"
    _create_dated("groups", f"kind text NOT NULL CONSTRAINT ck_groups_kind CHECK ({kinds}),")
    op.execute("ALTER TABLE groups ADD CONSTRAINT uq_groups_code_kind UNIQUE (code, kind)")
    op.execute("""
        CREATE TABLE group_states (
            code text COLLATE "C" NOT NULL,
            since date NOT NULL,
            until date,
            kind text NOT NULL,
            name text NOT NULL CONSTRAINT ck_group_states_name CHECK (name <> ''),
            within_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_group_states_within_code REFERENCES areas (code),
            leader_id uuid,
            cell_code text COLLATE "C"
                CONSTRAINT fk_group_states_cell_code REFERENCES areas (code),
            members jsonb NOT NULL,
            active boolean NOT NULL,
            CONSTRAINT pk_group_states PRIMARY KEY (code, since),
            CONSTRAINT fk_group_states_code FOREIGN KEY (code, kind)
                REFERENCES groups (code, kind),
            CONSTRAINT ck_group_states_period CHECK (since < until),
            CONSTRAINT ck_group_states_within CHECK (
                length(within_code) = CASE kind WHEN 'zone' THEN 9 ELSE 12 END),
            CONSTRAINT ck_group_states_cell CHECK (
                cell_code IS NULL OR kind = 'joint_committee' AND active),
            CONSTRAINT ck_group_states_closed CHECK (active OR members = '[]'),
            CONSTRAINT ex_group_states_one_at_a_time
                EXCLUDE USING gist (code WITH =, daterange(since, until) WITH &&)
        )
    """)
    op.execute("CREATE INDEX ix_group_states_within_code ON group_states (within_code, code)")
    op.execute("""
        CREATE INDEX ix_group_states_cell_code ON group_states (cell_code)
        WHERE cell_code IS NOT NULL
    """)


def _create_group_members() -> None:
    op.execute("""
        CREATE TABLE group_members (
            code text COLLATE "C" NOT NULL,
            kind text NOT NULL,
            member text COLLATE "C" NOT NULL,
            since date NOT NULL,
            until date,
            CONSTRAINT pk_group_members PRIMARY KEY (code, member, since),
            CONSTRAINT fk_group_members_code FOREIGN KEY (code, kind)
                REFERENCES groups (code, kind),
            CONSTRAINT ck_group_members_period CHECK (since < until),
            CONSTRAINT ex_group_members_one_of_a_kind
                EXCLUDE USING gist (
                    kind WITH =, member WITH =, daterange(since, until) WITH &&)
        )
    """)
    op.execute("CREATE INDEX ix_group_members_member ON group_members (member, code)")


def _create_versions(table: str, things: str) -> None:
    op.execute(f"""
        CREATE TABLE {table} (
            code text COLLATE "C" NOT NULL CONSTRAINT fk_{table}_code REFERENCES {things} (code),
            version bigint NOT NULL,
            states jsonb NOT NULL,
            changed_by uuid,
            change_id uuid,
            changed_at timestamptz NOT NULL,
            CONSTRAINT pk_{table} PRIMARY KEY (code, version)
        )
    """)


def _create_followings() -> None:
    op.execute("""
        CREATE TABLE area_followings (
            change_id uuid NOT NULL
                CONSTRAINT fk_area_followings_change_id REFERENCES area_changes (id),
            thing text NOT NULL
                CONSTRAINT ck_area_followings_thing CHECK (thing IN ('compound', 'group')),
            code text COLLATE "C" NOT NULL,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            CONSTRAINT pk_area_followings PRIMARY KEY (change_id, thing, code)
        )
    """)


def _let_nobody_change(table: str) -> None:
    op.execute(f"""
        CREATE TRIGGER {table}_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
