// Package outage says who had no supply, when and why (停电与供电可靠性): it joins the last gasps and returns of meters, their voltages,
// feeder switches, reports of officers and imported lists into outages, and counts the city's reliability from them.
//
// An outage is a list of customers in the dark, each with its own beginning and end and with what proves them, so that restoration
// in stages needs no stages to be told: they are the groups of equal times. Its data lies in tables grid_outage and
// grid_outage_change; outages of the last two days are held in memory as well, since late news of them still comes.
//
// Indices are those of package index below. Which meter hangs on which feeder is the archive's to know, package book; what a frame
// says is the work of systems/grid/headend.
package outage
