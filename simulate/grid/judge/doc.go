// Package judge holds what a running platform found against the truth of a simulation (以真值核对平台的结论): it reads the truth file, asks the
// platform's own interface for findings, missing readings, outages, refused frames and meters worth a look, and counts what was made, found, missed and
// said without cause.
//
// A kind is answerable where a rule of the platform is made for it. Low voltage has no rule, and thefts need weeks of days and the supplies of
// their areas: they are shown and not held against the bar.
package judge
