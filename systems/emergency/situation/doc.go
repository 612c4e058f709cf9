// Package situation is the picture of one incident (态势图): where it is, how far a gas may reach by the model of package plume, what is
// cordoned off, and who and what lies inside: residents, plants, shelters and other resources, meters where the city context has them.
// Wind is entered by hand. Each calculation is kept with its assumptions and marked as a model, not a measurement.
package situation
