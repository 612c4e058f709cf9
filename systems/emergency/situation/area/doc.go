// Package area holds areas on the map (影响范围): circles and polygons in degrees WGS 84, what lies in them, and how many people live in
// them by the density of the districts. Pure but for the map layer that the program carries.
//
// People are an estimate: the residents of the census of 2020 spread evenly over each district's outline. Where people work by day, and
// how densely a town is built, it does not know; every page says so.
package area
