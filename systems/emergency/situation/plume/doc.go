// Package plume computes how far a gas reaches downwind (泄漏扩散估算): the Gaussian plume of a steady release over flat ground with
// reflection at the ground, dispersion after Pasquill and Gifford in the curves of Briggs. Pure, no I/O.
//
// It is a model and no measurement. It knows no hills, no buildings beside their roughness, no gas heavier than air, no release in one
// puff, no chemical change. The curves are stated for 100 m to 10 km; a reach beyond that is marked, and below 0.5 m/s of wind there is
// no plume at all but only the circle of first isolation.
//
// Sources: stability classes F. Pasquill, Meteorological Magazine 90 (1961) 33; curves F. A. Gifford, Nuclear Safety 17 (1976) 68
// (Briggs 1973), as Vallero, Fundamentals of Air Pollution, tables 19-3, 19-6 and 19-7 print them.
//
// Levels of effect are the house's default after AEGL-2 and AEGL-3 for 60 minutes (United States EPA; those of benzene and formaldehyde
// never became final), first isolation after the orange pages of the Emergency Response Guidebook 2016: 100 m stands in guides 125 and
// 126, 50 m and the 800 m of a burning tank in guide 130, as public copies of these have them. The levels, and the other distances, could not be held
// against the printed tables: the authority's own table takes their place, and whatever is shown of them says so.
package plume
