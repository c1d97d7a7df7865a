-- Answers are found by the words of their questions, and all words by their stems as well: "dogs" finds "a dog runs".
ALTER TABLE search_rows ADD COLUMN question text;
-- What is computed cannot be altered; its index goes with it. As they stand ('simple': labels of any language, and
-- beginnings of words), then as stems of English, which captions and questions are written in.
ALTER TABLE search_rows DROP COLUMN words;
ALTER TABLE search_rows ADD COLUMN words tsvector GENERATED ALWAYS AS (
    to_tsvector('simple'::regconfig, label_key || ' ' || coalesce(question, ''))
    || to_tsvector('english'::regconfig, label_key || ' ' || coalesce(question, ''))
) STORED;
CREATE INDEX search_rows_words_idx ON search_rows USING gin (words);
