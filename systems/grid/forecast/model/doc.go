// Package model forecasts a day's load from the days before (负荷预测), in a way that can be followed with pencil and paper: the weighted
// mean of recent days of the same kind, lifted or lowered by how far the last day lay from what the same rule would have said of it.
//
// Kinds of day are working days, Saturdays, and Sundays with public holidays. It knows curves of any number of steps and nothing of
// where they come from.
package model
