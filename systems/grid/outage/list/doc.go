// Package list reads outages as people tell them (停电清单): the lines of a CSV, and the fields of a form.
//
// A [Tale] names customers by meter, concentrator or feeder, and says from when to when and why. What becomes of it is the work of
// systems/grid/outage.
package list
