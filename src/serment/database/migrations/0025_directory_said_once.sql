-- What the directory's searches share. PostgreSQL writes both into the statements that call them: plans are as before.

-- The distance between two places on the globe, in kilometres.
CREATE FUNCTION kilometres_between(latitude float8, longitude float8, other_latitude float8, other_longitude float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 12742 * asin(least(1, sqrt(
        power(sin(radians(latitude - other_latitude) / 2), 2)
        + cos(radians(other_latitude)) * cos(radians(latitude)) * power(sin(radians(longitude - other_longitude) / 2), 2))))
$$;

-- The page here of whom the register knows by a number: the first, where several are.
CREATE FUNCTION page_of(registered text)
RETURNS TABLE (slug text, practice uuid, practitioner uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT slug, practice, practitioner FROM practitioners WHERE rpps = registered ORDER BY slug LIMIT 1
$$;
