-- Part of a society's name, where pg_trgm is there (see search): what somebody new chooses their own from.
DO $$
DECLARE
    home TEXT;
BEGIN
    SELECT nspname INTO home
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname = 'pg_trgm';
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX shop_society_words_idx ON shop USING gin (society %I.gin_trgm_ops)', home);
    END IF;
END
$$;
