// Package plume computes how far a gas reaches downwind (泄漏扩散估算): the Gaussian plume of a steady release over flat ground with
// reflection at the ground, dispersion after Pasquill and Gifford in the curves of Briggs. Pure, no I/O.
//
// It is a model and no measurement. It knows no hills, no buildings beside their roughness, no gas heavier than air, no release in one
// puff, no chemical change. The curves are stated for 100 m to 10 km; a reach beyond that is marked, and below 0.5 m/s of wind there is
// no plume at all but only the circle of first isolation.
//
// Sources: stability classes F. Pasquill, Meteorological Magazine 90 (1961) 33; curves F. A. Gifford, Nuclear Safety 17 (1976) 68
// (Briggs 1973), as Vallero, Fundamentals of Air Pollution, tables 19-3, 19-6 and 19-7 print them; levels of effect: AEGL-2 and AEGL-3
// for 60 minutes, United States EPA; first isolation: Emergency Response Guidebook 2016, orange pages.
package plume
