// Package temporal (时态演化) is the history of entities as NGSI-LD reads and amends it: the temporal evolution of an entity is the
// instances that its attributes ever had (ETSI GS CIM 009 V1.9.1 4.5.6 to 4.5.9, 4.5.19, 5.6.11 to 5.6.16, 5.7.3, 5.7.4).
//
// # Where the data lies
//
//   - What was written to the current state stands in the changes of package entity, row by row: the instances that a row touched, and
//     a tombstone for each that it took away.
//   - The values of gauges stand in package gauge.
//   - What was given to the history itself (Record) stands in temporal_instance, one row an instance; types and scope of entities that are
//     gone, or never were in the current state, in temporal_entity and temporal_type. Watch keeps these in the writer's transaction.
//
// # Rules
//
// An instance bears the time when it was entered as createdAt, and a later modifiedAt only where the history itself was amended. Its
// instanceId stays. Two instances of one attribute and dataset that were observed at one time are one: the later corrects the earlier.
// Instances that do not bear the time property that is asked for do not match (4.11).
//
// # What it leaves to others
//
// Names, contexts and representations (package form), HTTP (ngsild/history), who may read what.
package temporal
