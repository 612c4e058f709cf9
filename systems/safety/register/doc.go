// Package register (企业台账) is the register of the plants that are watched: hazardous chemicals, metallurgy and fireworks stores, with
// their hazard units, the substances in these, and the points that report, each with its limits.
//
// It lies in the tables safety_plant, safety_unit and safety_point and, whole, in memory: a feed finds a point by the plant's code and the factor on the wire
// without a look at the database. Every change goes through [Register.Apply], which writes tables, city context and journal in one
// transaction and then shows the new state to everybody who follows. Plants and points are entities of the city context
// (HazardousPlant, SafetyPoint); the Num of a point's entity is the key of its series.
package register
