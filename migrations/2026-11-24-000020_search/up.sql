-- The shops that sell something with a text in its title, in a society of any size: without the index every title is read.
-- PostgreSQL ships pg_trgm apart; where it is not there, or may not be created, the search works all the same, only slower.
DO $$
DECLARE
    home TEXT;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION
        WHEN feature_not_supported OR undefined_file OR insufficient_privilege THEN
            RAISE NOTICE 'no pg_trgm here (%): the search of items does without its index', SQLERRM;
    END;
    -- It may be there since long ago, in a schema of its own.
    SELECT nspname INTO home
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname = 'pg_trgm';
    IF home IS NOT NULL THEN
        EXECUTE format(
            'CREATE INDEX item_title_words_idx ON item USING gin (title %I.gin_trgm_ops) WHERE is_active AND is_available',
            home
        );
    END IF;
END
$$;
