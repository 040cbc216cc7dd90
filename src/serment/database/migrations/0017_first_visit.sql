-- Which question asks whether somebody comes for the first time is marked, not guessed from its words as it was until now.
UPDATE visit_types SET questions = (
    SELECT jsonb_agg(CASE WHEN asked ->> 'kind' = 'yes_no' AND (asked ->> 'fr' ~* 'premi[èe]re (visite|fois|consultation)'
            OR asked ->> 'en' ~* 'first (visit|time|consultation)')
        THEN asked || '{"first_visit": true}' ELSE asked END ORDER BY nth)
    FROM jsonb_array_elements(questions) WITH ORDINALITY AS each (asked, nth))
WHERE questions <> '[]';
