-- The extension stays: others may use it.
DROP INDEX IF EXISTS item_title_words_idx;
