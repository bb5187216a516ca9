"""Keep population figures of communities and compounds: dated, with their source and approver."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the figures; nothing of them changes but the one decision."""
    _create_figures()
    _index_figures()
    _refuse_changes()


def _create_figures() -> None:
    op.execute("""
        CREATE TABLE population_figures (
            id uuid NOT NULL CONSTRAINT pk_population_figures PRIMARY KEY,
            area_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_population_figures_area_code REFERENCES areas (code),
            compound_code text COLLATE "C"
                CONSTRAINT fk_population_figures_compound_code REFERENCES compounds (code),
            day date NOT NULL,
            residents integer NOT NULL,
            registered integer NOT NULL,
            households integer NOT NULL,
            source_kind text NOT NULL,
            source text NOT NULL,
            recorded_by uuid NOT NULL,
            recorded_at timestamptz NOT NULL,
            state text NOT NULL,
            decided_by uuid,
            decided_at timestamptz,
            refusal text,
            version bigint NOT NULL,
            CONSTRAINT ck_population_figures_area_code CHECK (length(area_code) = 12),
            CONSTRAINT ck_population_figures_numbers CHECK (
                residents BETWEEN 0 AND 1000000 AND registered BETWEEN 0 AND 1000000
                AND households BETWEEN 0 AND 1000000),
            CONSTRAINT ck_population_figures_source_kind CHECK (source_kind IN (
                'census', 'police', 'community_survey', 'property_company', 'statistics',
                'other')),
            CONSTRAINT ck_population_figures_source CHECK (source <> ''),
            CONSTRAINT ck_population_figures_state CHECK (
                CASE state WHEN 'awaiting' THEN num_nulls(decided_by, decided_at, refusal) = 3
                    WHEN 'approved' THEN
                        num_nulls(decided_by, decided_at) = 0 AND refusal IS NULL
                    WHEN 'refused' THEN num_nulls(decided_by, decided_at, refusal) = 0
                    ELSE false END),
            CONSTRAINT ck_population_figures_another_person CHECK (decided_by <> recorded_by),
            CONSTRAINT ck_population_figures_version CHECK (version >= 1)
        )
    """)


def _index_figures() -> None:
    op.execute("""
        CREATE INDEX ix_population_figures_place ON population_figures
            (area_code, compound_code, day, decided_at, id)
    """)


def _refuse_changes() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change_of_figure() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state <> 'awaiting'
                OR (NEW.id, NEW.area_code, NEW.day, NEW.residents, NEW.registered,
                    NEW.households, NEW.source_kind, NEW.source, NEW.recorded_by,
                    NEW.recorded_at)
                <> (OLD.id, OLD.area_code, OLD.day, OLD.residents, OLD.registered,
                    OLD.households, OLD.source_kind, OLD.source, OLD.recorded_by,
                    OLD.recorded_at)
                OR NEW.compound_code IS DISTINCT FROM OLD.compound_code
            THEN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER population_figures_decided_once
        BEFORE UPDATE ON population_figures
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_figure()
    """)
    op.execute("""
        CREATE TRIGGER population_figures_append_only
        BEFORE DELETE OR TRUNCATE ON population_figures
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
