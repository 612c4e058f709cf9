-- office: the unit whose officer entered the subject, which alone, beside the authority's own units, acts for it. '': the program itself, or
-- entered before this was kept: the authority's own units only.
ALTER TABLE certificates_subject ADD COLUMN office TEXT NOT NULL DEFAULT '';
