-- A district's day ('' is the city): the forecast and what was, 96 values of 8 bytes each in MW (IEEE 754, big-endian; NaN: unknown),
-- empty where there is none. made is when the forecast was made; errors are in hundredths of a percent, -1 where there is none.
CREATE TABLE grid_forecast_day (
    district TEXT   NOT NULL,
    day      BIGINT NOT NULL,
    made     BIGINT NOT NULL,
    said     BYTEA  NOT NULL,
    was      BYTEA  NOT NULL,
    error    BIGINT NOT NULL,
    naive    BIGINT NOT NULL,
    PRIMARY KEY (district, day)
);

-- The load above which a peak is pointed out, kW.
CREATE TABLE grid_forecast_limit (
    district TEXT   NOT NULL PRIMARY KEY,
    kw       BIGINT NOT NULL
);
