DROP INDEX IF EXISTS shop_society_words_idx;
