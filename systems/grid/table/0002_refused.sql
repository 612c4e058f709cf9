-- The reason of a refusal in English, beside the Chinese one.
ALTER TABLE grid_refused ADD COLUMN reason_en TEXT NOT NULL DEFAULT '';
