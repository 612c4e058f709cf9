// Package geo decides how two geometries lie to one another (空间关系): the relations of NGSI-LD geo queries, and the distance
// between geometries in metres. It keeps nothing and knows no entity.
//
// Relations are those of OGC 06-103r4 (DE-9IM): interiors, boundaries and exteriors decide. An edge is straight in longitude and
// latitude, as RFC 7946 3.1.1 has it: what a map shows, and what the boundaries of districts are drawn by. They are decided
// exactly: orientation is computed in floats with an error bound and in rational numbers where the bound is not met, so that
// borders that touch do touch. A ring that crosses itself encloses what an odd number of its windings enclose.
//
// Distances are metric, on a sphere of the earth's mean radius (haversine), right at high latitudes and across the antimeridian;
// they are measured to the same edges, so that geometries that meet have the distance 0. A geometry that crosses the antimeridian
// must be cut there (RFC 7946 3.1.9); relations take the two sides of it for different places.
package geo
